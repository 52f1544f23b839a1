/** Options of the scripts: `--name value`. */
export function numberOption(name: string, byDefault: number): number {
  const index = process.argv.indexOf(`--${name}`);
  if (index < 0) return byDefault;
  const value = Number(process.argv[index + 1]);
  if (!Number.isInteger(value) || value < 0) {
    throw new Error(`--${name}: got ${process.argv[index + 1]}; give a whole number`);
  }
  return value;
}

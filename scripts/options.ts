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

/** @returns undefined if the option is not given */
export function textOption(name: string): string | undefined {
  const index = process.argv.indexOf(`--${name}`);
  if (index < 0) return undefined;
  const value = process.argv[index + 1];
  if (value === undefined || value.startsWith('--')) throw new Error(`--${name}: give a value`);
  return value;
}

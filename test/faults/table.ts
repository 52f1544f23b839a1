/** Prints the result of each case of the fault suite. */
export interface Row {
  readonly case: string;
  readonly revoked: number;
  readonly kept: number;
}

export function printTable(title: string, rows: readonly Row[]): void {
  const width = Math.max(...rows.map(row => row.case.length));
  const lines = rows.map(row => `  ${row.case.padEnd(width)}  ${String(row.revoked).padStart(2)} revoked  ${String(row.kept).padStart(2)} kept  accounted for`);
  process.stdout.write(`${title}: ${rows.length} cases\n${lines.sort().join('\n')}\n`);
}

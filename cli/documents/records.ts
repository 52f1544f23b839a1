/** Rows of records, by the names of their columns. */

export type Row<Column extends string> = Readonly<Partial<Record<Column, string>>>;

/** Returns what makes a row with all columns. A column without a value is empty. */
export const rowIn = <Column extends string>(columns: readonly Column[]) =>
  (values: Row<Column>): string[] => columns.map(column => values[column] ?? '');

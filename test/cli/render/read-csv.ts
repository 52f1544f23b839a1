/**
 * Reads CSV as RFC 4180 has it.
 *
 * @throws when the text is none
 */
export function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let rest = text;
  while (rest !== '') {
    const [field, quoted, bare, end] = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(rest) ?? [];
    if (field === undefined) throw new Error(`This is no CSV: ${JSON.stringify(rest.slice(0, 80))}`);
    row.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    rest = rest.slice(field.length);
    if (end !== ',') {
      rows.push(row);
      row = [];
    }
  }
  if (row.length > 0) throw new Error('The last line has no end');
  return rows;
}

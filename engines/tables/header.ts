import { TableFault } from './table-records';

interface Header {
  readonly names: readonly string[];
  /** The line as it is in the file. */
  readonly line: string;
  /** Where the header is in the file. */
  readonly place: string;
}

const DELIMITERS = [',', ';', '\t', '|'];

/** Throws TableFault if a column is not in the header by its exact name, or a name is there twice. */
export function checkHeader({ names, line, place }: Header, columns: readonly string[], delimiter: string): void {
  const twice = names.find((name, index) => name !== '' && names.indexOf(name) !== index);
  if (twice !== undefined) throw new TableFault(`${place}: the header names ${twice} twice`);
  const missing = columns.find((column) => !names.includes(column));
  if (missing === undefined) return;
  checkDelimiter({ line, place }, columns, delimiter);
  const fault = missingColumn(missing, { line, place });
  const alike = names.find((name) => name.trim().toLowerCase() === missing.toLowerCase());
  throw new TableFault(
    alike === undefined ? fault : `${fault}: '${alike}' is another name, since case and blanks count`,
  );
}

/** Throws TableFault if the header has not all columns by its delimiter, and would have them by another one. */
export function checkDelimiter(
  { line, place }: Omit<Header, 'names'>,
  columns: readonly string[],
  delimiter: string,
): void {
  const missing = columns.find((column) => !namesBy(delimiter, line).includes(column));
  const other = DELIMITERS.find((text) => columns.every((column) => namesBy(text, line).includes(column)));
  if (missing === undefined || other === undefined) return;
  const written = `'${other === '\t' ? '\\t' : other}'`;
  throw new TableFault(
    `${missingColumn(missing, { line, place })}: is the delimiter ${written}`,
    `Set delimiter: ${written} for the table in pipeline.yaml, or write the file with '${delimiter}'.`,
  );
}

function missingColumn(missing: string, { line, place }: Omit<Header, 'names'>): string {
  return `${place}: no column ${missing} in the header ${shortened(line)}`;
}

/** Plain names, and names in quotes. */
function namesBy(delimiter: string, line: string): readonly string[] {
  return line.split(delimiter).map((name) => name.replace(/^"(.*)"$/, '$1'));
}

function shortened(line: string): string {
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

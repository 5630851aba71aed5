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
  const fault = `${place}: no column ${missing} in the header ${shortened(line)}`;
  const other = DELIMITERS.find((text) => text !== delimiter && holdsAll(line.split(text), columns));
  if (other !== undefined) {
    const written = `'${other === '\t' ? '\\t' : other}'`;
    throw new TableFault(
      `${fault}: is the delimiter ${written}`,
      `Set delimiter: ${written} for the table in pipeline.yaml, or write the file with '${delimiter}'.`,
    );
  }
  const alike = names.find((name) => name.trim().toLowerCase() === missing.toLowerCase());
  throw new TableFault(
    alike === undefined ? fault : `${fault}: '${alike}' is another name, since case and blanks count`,
  );
}

function holdsAll(names: readonly string[], columns: readonly string[]): boolean {
  return columns.every((column) => names.includes(column));
}

function shortened(line: string): string {
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

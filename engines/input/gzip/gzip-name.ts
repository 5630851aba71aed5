const ENDING = /\.gz$/i;

/** Whether a file's name says that it is compressed; some systems write names in capitals. */
export function isPacked(file: string): boolean {
  return ENDING.test(file);
}

/** The name of what is compressed in a file. */
export function unpackedName(file: string): string {
  return file.replace(ENDING, '');
}

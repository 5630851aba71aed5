import wrapAnsi from 'wrap-ansi';

/** The text in lines that have this many characters at most, broken at blanks where possible. Styles are kept. */
export function wrapped(text: string, columns: number): string[] {
  return columns === Infinity ? [text] : wrapAnsi(text, columns, { hard: true }).split('\n');
}

/** The rows that a terminal makes of a line. It breaks anywhere. */
export function terminalRows(line: string, columns: number): string[] {
  return columns === Infinity
    ? [line]
    : wrapAnsi(line, columns, { hard: true, trim: false, wordWrap: false }).split('\n');
}

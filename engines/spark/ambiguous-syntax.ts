import { DaybreakError } from '../../domain/errors';

/** Comments, quoted names, texts and the name of a type. A plain replacement would confuse them. */
export const TOKENS = /--[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"]|"")*"|'(?:[^']|'')*'|\bVARCHAR\b(?!\s*\()/gi;

/**
 * Refuses, as BAD_TRANSFORM, SQL that DuckDB and Spark do not split into the same words. The transform is checked as
 * DuckDB reads it. What only Spark sees would run unchecked, on its driver, with the functions of Java.
 */
export function refuseAmbiguousSyntax(transform: string, file: string): void {
  const refuse = (offset: number, reason: string, remedy: string): never => {
    const line = transform.slice(0, offset).split('\n').length;
    throw new DaybreakError('BAD_TRANSFORM', {
      what: `${file}:${line}: ${reason}, which DuckDB and Spark read differently`,
      remedy,
    });
  };
  const lineEnd = /\r(?!\n)/.exec(transform);
  if (lineEnd !== null) refuse(lineEnd.index, 'a carriage return within a line', 'End lines with a line feed.');

  let end = 0;
  const checkBetween = (start: number, next: number): void => {
    const found = /[$`\\]/.exec(transform.slice(start, next));
    if (found === null) return;
    refuse(start + found.index, `${found[0]} outside of a text`, 'Quote texts with \' and names with " only.');
  };
  for (const { 0: token, index } of transform.matchAll(TOKENS)) {
    checkBetween(end, index);
    end = index + token.length;
    if (token.startsWith('/*') && token.includes('/*', 2)) {
      refuse(index, 'a comment within a comment', 'Take the inner comment away.');
    }
    if (token.startsWith('"') && !/^"[^"`;\\\r\n]+"$/.test(token)) {
      refuse(index, 'a quoted name with " ` ; \\ or a line end in it', 'Give it a plainer name.');
    }
    if (token.startsWith("'") && /[A-Za-z0-9_&\u0080-\uffff]$/.test(transform.slice(0, index))) {
      refuse(
        index,
        'a text straight after a letter, such as E or X',
        'Put a space before it, and write it without a prefix.',
      );
    }
  }
  checkBetween(end, transform.length);
}

import { visible } from '../../domain/visible';

/**
 * Text that is safe for a terminal: our own words and styles, with values that were made visible. Only this folder
 * creates it; other code uses `line`.
 */
export class SafeText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** For tests and for joining. A template takes no object. */
  toString(): string {
    return this.text;
  }
}

/** What is printed. Nothing in a string is trusted. */
export type Line = string | SafeText;

/** Further lines of a value are indented, so that none looks like a line of ours. */
const FURTHER_LINE = '\n    ';

export function safe(given: Line): SafeText {
  if (given instanceof SafeText) return given;
  return new SafeText(given.split('\n').map(visible).join(FURTHER_LINE));
}

/** A template for lines with styles. Values are made visible unless they are safe already. */
export function line(pieces: TemplateStringsArray, ...values: readonly Line[]): SafeText {
  return new SafeText(pieces.map((piece, index) => piece + safe(values[index] ?? '').text).join(''));
}

/** @param style as chalk has them. */
export function styled(style: (text: string) => string, given: Line): SafeText {
  return new SafeText(style(safe(given).text));
}

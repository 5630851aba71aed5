import { visible } from '../../domain/visible';

/**
 * Text that a terminal may have as it is: our own words and styles around values that were made visible. Only this folder
 * makes it; `line` is how others do.
 */
export class SafeText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** For tests and for joining; a template takes no object. */
  toString(): string {
    return this.text;
  }
}

/** What is printed: of a string nothing is trusted. */
export type Line = string | SafeText;

/** Further lines of a value are indented, so that none passes for a line of ours. */
const FURTHER_LINE = '\n    ';

export function safe(given: Line): SafeText {
  if (given instanceof SafeText) return given;
  return new SafeText(given.split('\n').map(visible).join(FURTHER_LINE));
}

/** A template for lines with styles: what is put in is made visible, unless it is safe already. */
export function line(pieces: TemplateStringsArray, ...values: readonly Line[]): SafeText {
  return new SafeText(pieces.map((piece, index) => piece + safe(values[index] ?? '').text).join(''));
}

/** @param style as of chalk. */
export function styled(style: (text: string) => string, given: Line): SafeText {
  return new SafeText(style(safe(given).text));
}

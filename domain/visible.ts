/**
 * Controls (C0, DEL, C1), what changes the direction of text, line and paragraph separators, and halves of characters.
 */
const CONTROLS = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * The text with its controls written out, as \u001b or \n: nothing in it moves a cursor, writes to the clipboard or
 * shows itself in another order. Every escape is one of JSON's, too.
 */
export function visible(text: string): string {
  return text.replace(
    CONTROLS,
    (control) => SHORT[control] ?? `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The same, of a text of several lines, which stay lines. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}

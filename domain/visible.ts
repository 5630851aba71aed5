/** Controls (C0, DEL, C1), changes of text direction, line and paragraph separators, and unpaired surrogates. */
const CONTROLS = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * The text with its controls escaped, for example as \u001b or \n. So nothing in it moves a cursor, writes to the
 * clipboard or appears in another order. Every escape is also valid in JSON.
 */
export function visible(text: string): string {
  return text.replace(
    CONTROLS,
    (control) => SHORT[control] ?? `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The same for a text of several lines. The line breaks are kept. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}

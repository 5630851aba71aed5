const SHOWN_CHARACTERS = 60;

/** The beginning of a text, for the cell of a table. No character is cut in two. */
export function cut(text: string, most = SHOWN_CHARACTERS): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

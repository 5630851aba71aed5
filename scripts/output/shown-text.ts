const SHOWN_CHARACTERS = 60;

/** The beginning of a text, for the cell of a table. No character is cut in two. */
export function cut(text: string, most = SHOWN_CHARACTERS): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** '1 day', '2 days', '1,000 days'. */
export function counted(count: number, noun: string): string {
  return `${numeral(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** '1,000'. */
export function numeral(count: number): string {
  return count.toLocaleString('en-US');
}

/** `text`, or its beginning and its length: what a message shows of a text of any length. */
export function shortened(text: string, most = 200): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length} characters)`;
}

/**
 * `text`, or its first sentences that fit into `most` characters, with ' …' at their end. A first sentence that is longer
 * is cut itself. A remedy is then there whole or not at all, with the commands in it.
 */
export function firstSentences(text: string, most: number): string {
  if (text.length <= most) return text;
  // The point of "e.g." is no end.
  const ends = [...text.matchAll(/[.!?](?=\s+\p{Lu})/gu)].map(({ index }) => index + 1);
  const end = ends.filter((one) => one <= most - 2).at(-1);
  // No character is cut in two.
  return `${text.slice(0, end ?? most - 2).replace(/[\uD800-\uDBFF]$/, '')} …`;
}

/** The first texts, and the number of `others`: a list for a message. Only the shown texts are made. */
export function listed(
  texts: readonly (string | (() => string))[],
  { separator = ', ', others = '' }: { readonly separator?: string; readonly others?: string } = {},
): string {
  const first = texts.slice(0, MOST).map((text) => (typeof text === 'string' ? text : text()));
  const more = texts.length - first.length;
  return [...first, ...(more > 0 ? [`and ${more} more${others}`] : [])].join(separator);
}

const MOST = 10;

/** `text`, or its beginning and how long it is: what a message shows of something that can be of any length. */
export function shortened(text: string, most = 200): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length} characters)`;
}

/** The first of some texts, and how many `others` there are: a list in a message. What is not shown is not made. */
export function listed(
  texts: readonly (string | (() => string))[],
  { separator = ', ', others = '' }: { readonly separator?: string; readonly others?: string } = {},
): string {
  const first = texts.slice(0, MOST).map((text) => (typeof text === 'string' ? text : text()));
  const more = texts.length - first.length;
  return [...first, ...(more > 0 ? [`and ${more} more${others}`] : [])].join(separator);
}

const MOST = 10;

/** A part of a page that a program writes, between two lines that are comments. */
export interface MarkedPart {
  readonly begin: string;
  readonly end: string;
}

/** The page with this text in place of the one that the part has. Throws if the page lacks one of the lines. */
export function withPart(page: string, { begin, end }: MarkedPart, text: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page lacks the lines ${begin} and ${end}`);
  return `${page.slice(0, from)}${begin}\n\n${text}\n\n${page.slice(to)}`;
}

import MarkdownIt from 'markdown-it';
import { readFileSync } from 'node:fs';

const reader = new MarkdownIt();
type Token = ReturnType<(typeof reader)['parse']>[number];

export function tokensOf(page: string): Token[] {
  return reader.parse(readFileSync(page, 'utf8'), {}).flatMap((token) => [token, ...(token.children ?? [])]);
}

/** The targets of a page's links to files of the tree, as the page writes them. */
export function linksOf(page: string): string[] {
  const targets = tokensOf(page).flatMap((token) => [token.attrGet('href'), token.attrGet('src')]);
  return targets.flatMap((target) => (target === null ? [] : [String(target)])).filter((to) => !/^[a-z]+:/.test(to));
}

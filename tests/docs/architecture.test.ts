import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { documentedPages } from './documented-commands';
import { linksOf, tokensOf } from './page-links';

const benches = readdirSync('bench').map((name) => join('bench', name, 'README.md'));
const pages = [...documentedPages(), ...benches.filter((page) => existsSync(page))];
/** Folders of the tree. If a page names a path in one of them, that file or folder must exist. */
const FOLDERS = 'activities|bench|clients|deploy|docs|domain|engines|pipelines|scripts|tests|worker|workflows';
const PATH = new RegExp(`^(?:${FOLDERS})/[\\w./-]*\\w$`);

function pathsOf(page: string): string[] {
  const code = tokensOf(page).filter(({ type }) => type === 'code_inline');
  return code.map(({ content }) => content).filter((content) => PATH.test(content));
}

/** The anchors that GitHub makes of a page's headings. */
function anchorsOf(page: string): string[] {
  const tokens = tokensOf(page);
  const headings = tokens.filter((_, index) => tokens[index - 1]?.type === 'heading_open');
  return headings.map(({ content }) =>
    content
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}

/** The problem of a link. Undefined if its target exists. */
function brokenLink(page: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const file = path === '' ? page : join(dirname(page), path);
  if (!existsSync(file)) return `${page}: ${link}: there is no ${file}`;
  if (anchor === undefined || !file.endsWith('.md') || anchorsOf(file).includes(anchor)) return undefined;
  return `${page}: ${link}: ${file} has no heading ${anchor}`;
}

it.each(pages)('%s: every link leads to a file, and to a heading of it', (page) => {
  const broken = linksOf(page).map((link) => brokenLink(page, link));
  expect(broken.filter((fault) => fault !== undefined)).toEqual([]);
});

it.each(pages)('%s: every path of the tree that it names is there', (page) => {
  expect(pathsOf(page).filter((path) => !existsSync(path))).toEqual([]);
});

it('names the page, the link and what is missing', () => {
  expect(brokenLink('docs/architecture.md', '../domain/none.ts')).toBe(
    'docs/architecture.md: ../domain/none.ts: there is no domain/none.ts',
  );
  expect(brokenLink('README.md', 'docs/operating.md#none')).toContain('docs/operating.md has no heading none');
});

it('finds the files of both ways, each in a list', () => {
  expect(linksOf('docs/architecture.md').length).toBeGreaterThan(60);
});

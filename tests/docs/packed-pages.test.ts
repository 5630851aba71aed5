import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { documentedPages } from './documented-commands';
import { linksOf } from './page-links';

/** The README is also the first page of the repository. It says that these are there alone. */
const OF_REPOSITORY = ['CONTRIBUTING.md', 'bench/batch/README.md', 'bench/speed/README.md', 'docs/architecture.md'];
const ALWAYS = ['README.md', 'LICENSE', 'package.json'];

const { files } = z.object({ files: z.array(z.string()) }).parse(JSON.parse(readFileSync('package.json', 'utf8')));

/** Whether `npm pack` takes the path, by the last of the patterns that fits it. */
function isPacked(path: string): boolean {
  const last = files.findLast((pattern) => {
    const text = pattern.replace(/^!/, '').replaceAll('.', '\\.').replaceAll('*', '[^/]*');
    return new RegExp(`^${text}(/|$)`).test(path);
  });
  return ALWAYS.includes(path) || (last !== undefined && !last.startsWith('!'));
}

const pages = [...documentedPages(), 'CHANGELOG.md'].filter(isPacked);

it('the package has the pages for users and the decisions, and not the page about the sources', () => {
  expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/operating.md', 'docs/adr/README.md']));
  expect(pages).not.toContain('docs/architecture.md');
});

it.each(pages)('%s links only to what is in the package', (page) => {
  const targets = linksOf(page)
    .filter((link) => !link.startsWith('#'))
    .map((link) => join(dirname(page), link.replace(/#.*/, '')));
  const dead = [...new Set(targets.filter((path) => !isPacked(path)))].sort();
  expect(dead).toEqual(page === 'README.md' ? OF_REPOSITORY : []);
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface DocumentedCommand {
  readonly page: string;
  /** As the page has it, without its comment. */
  readonly command: string;
}

const PROGRAMS = 'npx|npm|temporal|docker|node|helm|kubectl';
const IN_BLOCK = new RegExp(`^((?:[A-Z_]+=\\S+ )?(?:${PROGRAMS}) .*?)(?:\\s+#.*)?$`);
const IN_TEXT = new RegExp(`\`((?:${PROGRAMS}) [^\`]+)\``, 'g');

/** Every page for users and contributors. */
export function documentedPages(): string[] {
  const docs = (readdirSync('docs', { recursive: true }) as string[])
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name))
    .sort();
  return ['README.md', 'CONTRIBUTING.md', ...docs];
}

/** The commands of a page, each once: first those of its code blocks in their order, then those in running text. */
export function commandsOf(page: string): DocumentedCommand[] {
  const parts = readFileSync(page, 'utf8').split(/^ *```.*$/m);
  const blocks = parts.filter((_, index) => index % 2 === 1);
  const text = parts.filter((_, index) => index % 2 === 0).join('\n');
  const found = [
    ...blocks.flatMap((block) => block.split('\n').map((line) => IN_BLOCK.exec(line.trim())?.[1])),
    ...[...text.matchAll(IN_TEXT)].map(([, command]) => command),
  ];
  const commands = new Set(found.filter((command) => command !== undefined));
  return [...commands].map((command) => ({ page, command }));
}

import MarkdownIt from 'markdown-it';
import { readFileSync } from 'node:fs';
import { scratchFolder } from '../engines/scratch';
import { pipelineWithTables } from '../engines/subqueries';

const root = scratchFolder();

interface Refusal {
  readonly what: string;
  readonly example: string;
  readonly instead: string;
}

/** The rows of the table of refused SQL, with the SQL of their cells. */
function refusals(): Refusal[] {
  const page = readFileSync('docs/pipelines.md', 'utf8');
  const table = page.slice(page.indexOf('| refused '));
  const tokens = new MarkdownIt().parse(table.slice(0, table.indexOf('\n\n')), {});
  const cells = tokens.filter(({ type }) => type === 'inline');
  const sqlOf = (index: number): string =>
    (cells[index]?.children ?? []).findLast(({ type }) => type === 'code_inline')?.content ?? '';
  return cells.flatMap(({ content }, index) =>
    index >= 3 && index % 3 === 0 ? [{ what: content, example: sqlOf(index + 1), instead: sqlOf(index + 2) }] : [],
  );
}

/** The SQL of the page that stands in blocks of its own. */
function blocks(): string[] {
  const tokens = new MarkdownIt().parse(readFileSync('docs/pipelines.md', 'utf8'), {});
  return tokens.filter(({ type, info }) => type === 'fence' && info === 'sql').map(({ content }) => content);
}

const check = (sql: string) =>
  pipelineWithTables(root, sql, (yaml) => yaml.replace('key: user_id', 'key: id').replace(/^matchColumn:.*$/m, ''));

it('has a refusal for each kind', () => {
  expect(refusals().length).toBeGreaterThan(15);
});

it.each(refusals())(
  '$what: the example is refused, and what it says instead is taken',
  async ({ example, instead }) => {
    await expect(check(example)).rejects.toMatchObject({ code: 'BAD_TRANSFORM' });
    await check(instead);
  },
);

it('takes the joins with ranges and prefixes', async () => {
  expect(blocks()).toHaveLength(3);
  for (const sql of blocks()) await check(sql);
});

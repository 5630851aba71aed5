import MarkdownIt from 'markdown-it';
import { readFileSync } from 'node:fs';
import { loadPipeline } from '../../engines/load-pipeline';
import { pipelineLike, scratchFolder } from '../engines/scratch';

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

const check = async (sql: string) =>
  loadPipeline(
    await pipelineLike('events', root, {
      'transform.sql': sql,
      'pipeline.yaml': (yaml) => yaml.replace('key: user_id', 'key: id').replace(/^matchColumn:.*$/m, ''),
    }),
  );

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

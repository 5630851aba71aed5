import { DaybreakError } from '../../domain/errors';
import { loadPipeline } from '../../engines/load-pipeline';
import { pipelineLike, scratchFolder } from '../engines/scratch';

const root = scratchFolder();
/** In characters: some screens of a terminal, and far less than a Temporal failure may hold. */
const MOST_TEXT = 8_000;

async function refusal(changes: Parameters<typeof pipelineLike>[2]): Promise<DaybreakError> {
  const folder = await pipelineLike('events', root, changes);
  const thrown: unknown = await loadPipeline(folder).catch((reason: unknown) => reason);
  if (!(thrown instanceof DaybreakError)) throw new Error(`not refused: ${String(thrown)}`);
  expect(thrown.message.length).toBeLessThan(MOST_TEXT);
  return thrown;
}

const many = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('');
const columns = (lines: string) => (text: string) => text.replace('  columns:\n', `  columns:\n${lines}`);
const REST = 'e.id AS user_id, e.hello AS user_name, e.hello, e.id AS uid FROM events e';

describe('a pipeline.yaml', () => {
  it.each<[string, (text: string) => string, RegExp]>([
    [
      'unknown settings',
      (text) => text + many(3_000, (index) => `unknown${index}: 1\n`),
      /:\d+: there is no setting "unknown0"\n.*and 2990 more problems$/s,
    ],
    [
      'columns of no type',
      columns(many(2_000, (index) => `    c${index}: TEXT\n`)),
      /events\.columns\.c0 is "TEXT".*and 1990 more problems$/s,
    ],
    ['columns of no name', columns(many(2_000, (index) => `    'c"${index}': BIGINT\n`)), /and 1990 more problems$/],
    [
      'a long value',
      (text) => text.replace('Asia/Seoul', 'A'.repeat(50_000)),
      /timeZone is "AAAA.*… \(50002 characters\)/,
    ],
    [
      'a long list of what is accepted',
      (text) => columns(many(2_000, (index) => `    c${index}: BIGINT\n`))(text).replace('column: time', 'column: tim'),
      /events\.time\.column is "tim"; accepted: one of .*, and \d+ more/,
    ],
    ['a long name of a setting', (text) => `${text}${'k'.repeat(1_000)}: 1\n`, /"kkkk/],
    ['a deep flow', (text) => `${text}x: ${'['.repeat(20_000)}`, /pipeline\.yaml:\d+: /],
    ['a deep block', (text) => `${text}x:\n  ${'- '.repeat(20_000)}1`, /pipeline\.yaml:\d+: /],
    ['aliases that unfold', (text) => `${text}x: &a [1]\ny: [${'*a, '.repeat(10_000)}*a]\n`, /alias/],
  ])('of %s is refused in a few words', async (_, change, said) => {
    const error = await refusal({ 'pipeline.yaml': change });
    expect(error.code).toBe('BAD_PIPELINE');
    expect(error.what).toMatch(said);
  });

  it('above its size is not read', async () => {
    const error = await refusal({ 'pipeline.yaml': (text) => text + `# ${'a'.repeat(64 * 1024)}\n` });
    expect(error).toMatchObject({
      code: 'BAD_PIPELINE',
      what: expect.stringContaining('larger than 65536 bytes') as string,
    });
  });

  it('of that size is read', async () => {
    const folder = await pipelineLike('events', root, {
      'pipeline.yaml': (text) => `${text}# ${'a'.repeat(64 * 1024 - text.length - 3)}\n`,
    });
    await expect(loadPipeline(folder)).resolves.toMatchObject({ pipeline: { name: 'events' } });
  });

  it.each<[string, (text: string) => string]>([
    ['file of a table', (text) => text.replace('names.ndjson', 'n'.repeat(2_000))],
    ['pattern of file names', (text) => text.replace(/pattern: .*/, `pattern: "${'*'.repeat(300)}%Y%m%d%H"`)],
    ['time zone', (text) => text.replace('Asia/Seoul', `Asia/${'x'.repeat(200)}`)],
  ])('has no longer %s than there can be', async (_, change) => {
    expect((await refusal({ 'pipeline.yaml': change })).code).toBe('BAD_PIPELINE');
  });
});

describe('a transform.sql', () => {
  it('above its size is not read', async () => {
    const error = await refusal({ 'transform.sql': (text) => `${text}\n-- ${'a'.repeat(256 * 1024)}` });
    expect(error).toMatchObject({
      code: 'BAD_PIPELINE',
      what: expect.stringContaining('larger than 262144 bytes') as string,
    });
  });

  it.each<[string, string, RegExp]>([
    [
      'violations',
      `SELECT e.time, ${many(2_000, (index) => `random() AS r${index}, `)}${REST}`,
      /and 1990 more problems$/,
    ],
    [
      'columns of the wrong type',
      `SELECT e.time, ${many(1_000, (index) => `[[1]] AS l${index}, `)}${REST}`,
      /and \d+ more$/,
    ],
    ['a column of a long name', `SELECT e.time, 1 AS "${'c'.repeat(500)}", ${REST}`, /named "cccc/],
    ['an unknown column of a long name', `SELECT e.time, e.${'c'.repeat(100_000)} AS x, ${REST}`, /transform\.sql/],
    [
      'columns of which none is the key',
      `SELECT e.time, ${many(1_000, (index) => `1 AS c${index}, `)} e.hello, e.id AS uid FROM events e`,
      /kafka\.key is user_id/,
    ],
  ])('of %s is refused in a few words', async (_, sql, said) => {
    const error = await refusal({ 'transform.sql': sql });
    expect(error.what).toMatch(said);
  });
});

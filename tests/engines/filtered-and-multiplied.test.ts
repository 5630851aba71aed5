import { join } from 'node:path';
import { runDayBuild } from '../../engines/build-day';
import { loadPipeline } from '../../engines/load-pipeline';
import { DAY, event, lines, pipelineLike, rowsOf, scratchFolder, writeFiles } from './scratch';

const root = scratchFolder();
let count = 0;

/** Builds the ids 0 to 9. Id 1 has three names and id 2 has none. */
async function build(transform: string) {
  count += 1;
  const folder = await pipelineLike('events', join(root, String(count)), {
    'transform.sql': transform,
    'names.ndjson': [
      '{"uid":0,"name":"a"}',
      ...[1, 2, 3].map((n) => `{"uid":1,"name":"${n}"}`),
      '{"uid":3,"name":"b"}',
    ].join('\n'),
    'pipeline.yaml': (yaml) => yaml.replace(/( +)key: \[uid\]/, '$1key: [uid]\n$1allowDuplicateKeys: true'),
  });
  const ids = Array.from({ length: 10 }, (_, id) => event(id));
  const [input, output] = [join(root, `in-${count}`), join(root, `out-${count}`)];
  await writeFiles(input, { 'names.20261121.07.json': lines(...ids, event(3)) });
  const { counts } = await runDayBuild(await loadPipeline(folder), { date: DAY, input, output, engine: 'duckdb' });
  return { counts, rows: await rowsOf(output, DAY) };
}

const SELECT = 'SELECT e.time, e.id AS user_id, n.name AS user_name, e.hello, n.uid FROM events e';

it('counts records without a row and rows beyond the first of a record apart, though the one may make up for the other', async () => {
  const { counts, rows } = await build(`${SELECT} JOIN names n ON n.uid = e.id`);
  expect(rows).toHaveLength(5);
  expect(counts).toMatchObject({ read: 11, written: 5, filtered: 7, multiplied: 2, duplicates: 1, kept: 10 });
});

it('counts the records that a WHERE removes', async () => {
  const { counts } = await build(`${SELECT} LEFT JOIN names n ON n.uid = e.id WHERE e.id >= 4`);
  expect(counts).toMatchObject({ read: 11, written: 6, filtered: 4, multiplied: 0, duplicates: 1 });
});

it('counts the same where the transform takes every column of the events', async () => {
  const { counts } = await build('SELECT *, e.id AS user_id FROM events e JOIN names n ON n.uid = e.id');
  expect(counts).toMatchObject({ written: 5, filtered: 7, multiplied: 2 });
});

it('refuses a transform to which nothing can be added where rows may multiply', async () => {
  await expect(
    build('SELECT e.time, e.id AS user_id, n.uid FROM events e(hello, id, time) JOIN names n ON n.uid = e.id'),
  ).rejects.toMatchObject({
    code: 'BAD_TRANSFORM',
    what: expect.stringContaining('gives other names to the columns of events') as string,
  });
});

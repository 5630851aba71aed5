import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runDayBuild } from '../../engines/build-day';
import { withRowCounter } from '../../engines/duckdb/row-counter';
import { loadPipeline } from '../../engines/load-pipeline';
import { contentsOf, DAY, event, lines, loadExample, pipelineLike, scratchFolder, writeFiles } from './scratch';

const root = scratchFolder();
const input = join(root, 'input');

beforeAll(async () => {
  const unusual = (id: number, time: string) => `{ "time":"${time}", "id":${id}, "hello":"\\u0041" }`;
  await writeFiles(input, {
    'names.20261121.07.json': lines(
      ...Array.from({ length: 50 }, (_, id) => event(id)),
      unusual(60, '2026-11-21 07:00:00'),
      unusual(61, '2026-11-21 08:00:00'),
    ),
    'names.20261121.08.json': lines(...Array.from({ length: 50 }, (_, id) => event(id, '2026-11-21 08:00:00'))),
  });
});

/** DuckDB would take the first for partition columns, and the second for a pattern. */
const FOLDERS = ['hello=x/id=5', "it's [1] * {2,3}?"];

it.each(['time', 'id'])('builds the same whatever the output folder is called, with an identity by %s', async (by) => {
  const identity = by === 'id' ? '[id]' : '[hello, id, time]';
  const pipeline = await loadPipeline(
    await pipelineLike('events', join(root, by), {
      'pipeline.yaml': (text) => text.replace('tables:', `  identity: ${identity}\ntables:`),
    }),
  );
  const plain = join(root, `plain-${by}`);
  await runDayBuild(pipeline, { date: DAY, input, output: plain, engine: 'duckdb' });
  const expected = await contentsOf(plain, DAY);
  for (const folder of FOLDERS) {
    const output = join(root, `output-${by}`, folder);
    await runDayBuild(pipeline, { date: DAY, input, output, engine: 'duckdb' });
    expect([folder, await contentsOf(output, DAY)]).toEqual([folder, expected]);
  }
});

it('takes a wildcard in a path for itself, also where it would match a neighbour', async () => {
  const loaded = await loadExample('events');
  const row = '{"time":"2026-11-21 07:00:00","user_id":1,"user_name":null,"hello":null,"uid":null}\n';
  const folder = join(root, 'hour=3');
  await writeFiles(folder, { 'a*/07.ndjson': row, 'ab/07.ndjson': row, 'scratch/none': '' });
  const scratch = join(folder, 'scratch');
  const content = await withRowCounter(loaded.pipeline, loaded.outputColumns, { scratch }, (counter) =>
    counter.ofFile(join(folder, 'a*/07.ndjson')),
  );
  expect(content.rows).toBe(1);
});

it.each(['name=zz', 'zone=1', 'a*b', 'a[1]b'])(
  'reads the tables of a pipeline in a folder called %s',
  async (folder) => {
    for (const example of ['clicks', 'events', 'rides'] as const) {
      const from = await pipelineLike(example, join(root, 'pipelines'));
      await mkdir(join(root, folder), { recursive: true });
      await cp(from, join(root, folder, example), { recursive: true });
      expect((await loadPipeline(join(root, folder, example))).pipeline.name).toBe(example);
    }
  },
);

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runDayBuild } from '../../../engines/build-day';
import { openMicroBatch } from '../../../engines/duckdb/micro-batch';
import { loadPipeline } from '../../../engines/load-pipeline';
import { DAY, pipelineLike, scratchFolder, writeFiles } from '../scratch';

const root = scratchFolder();
const withDruid = (line: string) => (yaml: string) => yaml.replace(/^( +)(datasource: .*)$/m, `$1$2\n$1${line}`);
const load = async (line: string) =>
  loadPipeline(await pipelineLike('events', join(root, 'pipelines'), { 'pipeline.yaml': withDruid(line) }));

it('gives each row the same digest in both layers, and another row another', async () => {
  const loaded = await load('digestColumn: daybreak_digest');
  expect(loaded.outputColumns.at(-1)).toEqual({ name: 'daybreak_digest', type: 'BIGINT' });
  const events = [1, 2].map((id) => `{"hello":"hi","id":${id},"time":"${DAY} 07:00:00"}`);
  const [input, output] = [join(root, 'input'), join(root, 'output')];
  await writeFiles(input, { [`names.${DAY.replaceAll('-', '')}.07.json`]: `${events.join('\n')}\n` });
  await runDayBuild(loaded, { date: DAY, input, output, engine: 'duckdb' });
  const batch = (await readFile(join(output, DAY, '07.ndjson'), 'utf8')).trimEnd().split('\n');
  const speed = await openMicroBatch(loaded);
  const { messages } = await speed.run(events.map((event) => Buffer.from(event)));
  speed.close();
  expect(messages.map(({ value }) => value)).toEqual(batch);
  const digests = batch.map((row) => /"daybreak_digest":(-?\d+)}$/.exec(row)?.[1]);
  expect(new Set(digests).size).toBe(2);
});

it.each([
  ['digestColumn: Hello', 'druid.digestColumn is Hello, which is the name of another column'],
  ['digestColumn: __time', 'druid.digestColumn is __time'],
  ['partitionBy: [user_id]', 'druid.partitionBy names user_id, which is not a text column'],
  ['partitionBy: [hello, time]', 'druid.partitionBy names time'],
])('refuses %s', async (line, what) => {
  await expect(load(line)).rejects.toMatchObject({
    code: 'BAD_PIPELINE',
    what: expect.stringContaining(what) as string,
  });
});

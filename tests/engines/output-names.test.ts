import { createReadStream } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { rollupSetting } from '../../domain/rollup';
import { runIsolated } from '../../activities/speed/isolated-transform';
import { runDayBuild } from '../../engines/build-day';
import { figuresOfFile } from '../../engines/duckdb/figures';
import { openMicroBatch } from '../../engines/duckdb/micro-batch';
import { rolledUpFiguresOfFile } from '../../engines/duckdb/rolled-up-figures';
import { firstDifferentGroup } from '../../engines/duckdb/rolled-up-groups';
import { withRowCounter } from '../../engines/duckdb/row-counter';
import { withRowsReader } from '../../engines/duckdb/rows-of-file';
import { rowsWhere } from '../../engines/duckdb/rows-where';
import { loadPipeline } from '../../engines/load-pipeline';
import { DAY, lines, scratchFolder, writeFiles } from './scratch';
import { groupsOfNames } from './sql-names';

const root = scratchFolder();

const VALUES = ['e.v', "'v' || e.v", 'e.v / 2.0', '[e.v / 2.0]', 'to_json([e.v])', '[e.v > 2]'];
const RECORDS = [1, 2, 3, 2, 4].map((v) => `{"time":"2026-11-21 07:00:00","v":${v}}`);

/** What layers and proofs make of rows with columns of these names; all but the names. */
async function madeOf(names: readonly string[], time: string): Promise<unknown> {
  const folder = join(root, 'ev');
  const [integers, texts] = [0, 1].map((kind) => names.filter((_, index) => index % VALUES.length === kind));
  const [match = '', key = ''] = [integers?.[1], texts?.[0]];
  const where = `"${match}" > 1 AND "${key}" <> 'v4'`;
  await writeFiles(folder, {
    'pipeline.yaml': `name: ev
timeZone: Asia/Seoul
events:
  columns: { time: VARCHAR, v: BIGINT }
  time: { column: time }
  maximumRows: 2
files: { pattern: ev.%Y%m%d.%H.json }
kafka: { topic: ev, outputTopic: evo, key: "${key}" }
druid: { datasource: ev, digestColumn: its_digest, timeColumn: "${time}" }
matchColumn: "${match}"
proof: aggregates
checks: [{ name: c, where: '${where.replaceAll("'", "''")}', atMost: 100% }]
`,
    'transform.sql': `SELECT left(e.time, 19) AS "${time}", ${names.map((name, index) => `${VALUES[index % VALUES.length] ?? ''} AS "${name}"`).join(', ')}, unnest([e.v]) AS unnested FROM events e`,
  });
  const loaded = await loadPipeline(folder);
  const { pipeline, outputColumns } = loaded;
  const columns = outputColumns.filter(({ name }) => name !== 'its_digest');
  const valuesOf = (rows: readonly string[]): unknown[] =>
    rows.map((row) => Object.values(JSON.parse(row) as Record<string, unknown>).slice(0, columns.length));
  const [input, output, scratch] = [join(root, 'input'), join(root, 'output'), join(root, 'scratch')];
  await writeFiles(input, { 'ev.20261121.07.json': lines(...RECORDS) });
  await writeFiles(scratch, {});
  try {
    const { hours } = await runDayBuild(loaded, { date: DAY, input, output, engine: 'duckdb', threads: 1 });
    const file = join(output, DAY, '07.ndjson');
    const micro = await openMicroBatch(loaded);
    const batch = await runIsolated(
      micro,
      RECORDS.map((record) => Buffer.from(record)),
    ).finally(() => {
      micro.close();
    });
    const rollup = rollupSetting.parse({
      dimensions: texts,
      metrics: integers?.map((column, index) => ({ name: `metric_${index}`, type: 'longSum', column })),
    });
    const rolled = { ...pipeline, druid: { ...pipeline.druid, digestColumn: undefined, rollup } };
    const figures = await withRowsReader(rolled, { scratch, columns }, async (reader) => ({
      plain: await figuresOfFile(reader, columns, file),
      rolledUp: await rolledUpFiguresOfFile(reader, rollup, columns, file),
      group: await firstDifferentGroup(reader, rollup, columns, {
        file,
        stored: createReadStream('/dev/null'),
      }),
    }));
    const counted = await withRowCounter(pipeline, columns, { scratch }, async (counter) => [
      await counter.ofFile(file),
      await counter.ofLines(createReadStream(file)),
    ]);
    const hour = hours.find(({ hour }) => hour === '07');
    return {
      ...{ rows: valuesOf((await readFile(file, 'utf8')).trim().split('\n')), counted },
      hour: { ...hour, bytes: 0, sha256: '' },
      realtime: { ...batch, messages: batch.messages.map(({ key, value }) => [key, ...valuesOf([value])]) },
      found: valuesOf(await rowsWhere(pipeline, columns, { file, where, most: 10, scratch })),
      plain: figures.plain.columns.map(({ values, sum }) => [values, sum]),
      rolledUp: [figures.rolledUp.columns, figures.rolledUp.metrics].flat().map((one) => ({ ...one, name: '' })),
      group: figures.group?.split(', ').map((part) => part.split(' ').at(-1)),
    };
  } finally {
    for (const made of [folder, input, output, scratch]) await rm(made, { recursive: true });
  }
}

it.each(groupsOfNames(55).map((names) => ({ names })))(
  'a column of the rows may have any name: $names',
  async ({ names }) => {
    const [time = '', ...others] = names;
    const made = await madeOf(others, time);
    expect(made).toEqual(
      await madeOf(
        others.map((_, index) => `plain_${index}`),
        'time',
      ),
    );
    expect(made).toMatchObject({ hour: { written: 4, unmatched: 0, wrong: { c: 2 } }, found: [{}, {}] });
  },
);

import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { HourFigures } from '../../../domain/day-figures';
import type { OutputType } from '../../../domain/column-types';
import { timeTypesOf, type OutputColumn, type Pipeline, type TimeFormat } from '../../../domain/pipeline';
import { runDayBuild } from '../../../engines/build-day';
import { figuresOfFile } from '../../../engines/duckdb/figures';
import { withRowsReader } from '../../../engines/duckdb/rows-of-file';
import { loadPipeline } from '../../../engines/load-pipeline';
import { readState } from '../../../engines/versions/build-state';
import { readCurrent } from '../../../engines/versions/day-output';
import { withOutput } from '../../../engines/versions/open-output';
import { DAY, loadExample, pipelineLike, scratchFolder, writeFiles } from '../scratch';

const root = scratchFolder();

const figuresOf = (pipeline: Pipeline, columns: readonly OutputColumn[], file: string): Promise<HourFigures> =>
  withRowsReader(pipeline, { scratch: root, columns }, (reader) => figuresOfFile(reader, columns, file));

/** The figures of one row's value. */
async function figureOf(json: string, column: OutputColumn, time?: TimeFormat) {
  const { pipeline } = await loadExample('events');
  const columns = { time: timeTypesOf(time ?? 'local')[0] ?? 'VARCHAR' };
  const events = time && { ...pipeline.events, columns, time: { column: 'time', format: time } };
  await writeFiles(root, { 'rows.ndjson': `{"${column.name}":${json}}\n` });
  const changed = events === undefined ? pipeline : { ...pipeline, events };
  return (await figuresOf(changed, [column], join(root, 'rows.ndjson'))).columns[0];
}

it.each<[OutputType, string, number, string]>([
  ['BIGINT', '9223372036854775807', 1, '9223372036854775807'],
  ['BIGINT', 'null', 0, '0'],
  ['DOUBLE', '1.5', 1, '4609434218613702656'],
  ['DOUBLE', '-1.5', 1, '-4613937818241073152'],
  ['DOUBLE', '-0.0', 1, '-9223372036854775808'],
  ['BOOLEAN', 'true', 1, '1'],
  ['BOOLEAN', 'false', 1, '0'],
  ['BOOLEAN', 'null', 0, '0'],
  ['VARCHAR', '""', 1, '0'],
  ['VARCHAR', '"é"', 1, '1'],
  ['VARCHAR', '"e\u0301"', 1, '2'],
  ['VARCHAR', '"a🗽\u00e9"', 1, '4'],
  ['VARCHAR[]', '["a",null,""]', 1, '3'],
  ['BIGINT[]', '[]', 1, '0'],
  ['DOUBLE[]', 'null', 0, '0'],
  ['JSON', '{"a":1}', 1, '0'],
  ['JSON', 'null', 0, '0'],
])('counts a %s as Druid does: %s', async (type, json, values, sum) => {
  expect(await figureOf(json, { name: 'value', type })).toEqual({ name: 'value', values, sum });
});

it.each<[TimeFormat, string, string]>([
  ['yyyy-MM-dd HH:mm:ss', '"1970-01-02 00:00:01"', '86401000'],
  ['local', '"1970-01-01T00:00:01.2"', '1200'],
  ['local', '"1969-12-31 23:59:59.9999"', '-1'],
  ['iso', '"1970-01-01T09:00:00.123999+09:00"', '123'],
  ['epoch-nanoseconds', '-1', '-1'],
])('counts a time of the format %s in milliseconds: %s', async (format, json, sum) => {
  const type = timeTypesOf(format)[0] ?? 'VARCHAR';
  expect(await figureOf(json, { name: 'time', type }, format)).toMatchObject({ values: 1, sum });
});

it('keeps the figures of a build beside it, for hours that stay the same too', async () => {
  const folder = await pipelineLike('events', join(root, 'pipelines'), {
    'pipeline.yaml': (yaml) => `${yaml}proof: aggregates\n`,
  });
  const loaded = await loadPipeline(folder);
  const [input, output] = [join(root, 'input'), join(root, 'output')];
  const line = (id: number, hour: string): string => `{"hello":"hi 🗽","id":${id},"time":"${DAY} ${hour}:00:00"}\n`;
  const name = (hour: string): string => `names.${DAY.replaceAll('-', '')}.${hour}.json`;
  await writeFiles(input, { [name('07')]: line(1, '07') + line(7, '07'), [name('08')]: line(2, '08') });
  const stored = (): Promise<Readonly<Record<string, HourFigures>> | undefined> =>
    withOutput({ location: output, scratch: undefined }, DAY, async (place) => {
      const day = await readCurrent(place);
      return (await readState(place, day?.version ?? ''))?.figures;
    });
  await runDayBuild(loaded, { date: DAY, input, output, engine: 'duckdb' });
  const first = await stored();
  expect(Object.keys(first ?? {})).toEqual(['07', '08']);
  await writeFiles(input, { [name('08')]: line(2, '08') + line(3, '08') });
  await runDayBuild(loaded, { date: DAY, input, output, engine: 'duckdb' });
  const second = await stored();
  expect(second?.['07']).toEqual(first?.['07']);
  expect(second?.['08']?.rows).toBe(2);
  for (const hour of ['07', '08']) {
    const file = join(output, DAY, `${hour}.ndjson`);
    expect(await figuresOf(loaded.pipeline, loaded.outputColumns, file)).toEqual(second?.[hour]);
  }
});

it('reads compressed rows', async () => {
  const { pipeline } = await loadExample('events');
  await writeFiles(root, { '07.ndjson.gz': gzipSync('{"value":3}\n') });
  const figures = await figuresOf(pipeline, [{ name: 'value', type: 'BIGINT' }], join(root, '07.ndjson.gz'));
  expect(figures).toEqual({ rows: 1, columns: [{ name: 'value', values: 1, sum: '3' }] });
});

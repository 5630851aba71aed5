import { join } from 'node:path';
import { timeTypesOf, type ColumnType, type TimeFormat } from '../../../domain/pipeline';
import { withRowCounter, type Content } from '../../../engines/duckdb/row-counter';
import { loadPipeline } from '../../../engines/load-pipeline';
import { scratchFolder, writeFiles } from '../scratch';

const root = scratchFolder();

/** @param json the time as it is in the row. */
async function contentOfTime(
  json: string,
  format: TimeFormat,
  type: ColumnType = timeTypesOf(format)[0] ?? 'VARCHAR',
): Promise<Content> {
  const { pipeline } = await loadPipeline('pipelines/events');
  const events = { ...pipeline.events, columns: { time: type }, time: { column: 'time', format } };
  await writeFiles(root, { 'rows.ndjson': `{"time":${json}}\n` });
  const file = join(root, 'rows.ndjson');
  return withRowCounter({ ...pipeline, events }, [{ name: 'time', type }], root, (counter) => counter.ofFile(file));
}

// As Druid has them: TIME_PARSE gives these milliseconds.
it.each([
  ['2026-11-21T07:00:00Z', 1795244400000],
  ['2026-11-21T07:00:00.123456789+0900', 1795212000123],
  ['2026-11-21T07:00:00.9999999+09:00', 1795212000999],
  ['1969-12-31T23:59:59.9999-0330', 12599999],
  ['1969-12-31T23:59:59.9999999Z', -1],
])('compares an ISO time as the instant that Druid keeps: %s', async (written, kept) => {
  expect(await contentOfTime(`"${written}"`, 'iso')).toEqual(await contentOfTime(String(kept), 'iso'));
});

// As `timeAsWritten` gives them.
it.each<[TimeFormat, ColumnType, string, string, string]>([
  ['epoch-seconds', 'DOUBLE', '1774710600.123999', '1.774710600123E9', '1.774710600124E9'],
  ['epoch-seconds', 'DOUBLE', '-0.0000015', '-0.001', '-0.0'],
  ['epoch-seconds', 'BIGINT', '-1', '-1', '-2'],
  ['epoch-microseconds', 'BIGINT', '1795219200123999', '1795219200123000', '1795219200124000'],
  ['epoch-nanoseconds', 'BIGINT', '1795219200123999999', '1795219200123000000', '1795219200124000000'],
  ['epoch-nanoseconds', 'BIGINT', '-1795219200123000001', '-1795219200124000000', '-1795219200123000000'],
  ['local', 'VARCHAR', '"2026-11-21T07:00:00"', '"2026-11-21 07:00:00.000"', '"2026-11-21 07:00:00.001"'],
  ['local', 'VARCHAR', '"2026-11-21 07:00:00.9999"', '"2026-11-21 07:00:00.999"', '"2026-11-21 07:00:01.000"'],
])('compares %s as a %s to the millisecond: %s', async (format, type, written, kept, other) => {
  const { checksum } = await contentOfTime(written, format, type);
  expect((await contentOfTime(kept, format, type)).checksum).toBe(checksum);
  expect((await contentOfTime(other, format, type)).checksum).not.toBe(checksum);
});

import { join } from 'node:path';
import { runIsolated } from '../../activities/speed/isolated-transform';
import { runDayBuild } from '../../engines/build-day';
import { openMicroBatch } from '../../engines/duckdb/micro-batch';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import { loadPipeline } from '../../engines/load-pipeline';
import { contentsOf, DAY, lines, pipelineLike, rowsOf, scratchFolder, writeFiles } from './scratch';

const root = scratchFolder();
let count = 0;

interface Written {
  readonly format?: string;
  readonly type?: string;
  readonly druid?: string;
  readonly timeZone?: string;
}

/** Loads a pipeline whose SQL is one SELECT without tables, over events with the columns time, id, hello and other. */
async function load(sql: string, written: Written = {}): Promise<LoadedPipeline> {
  count += 1;
  const { format = 'yyyy-MM-dd HH:mm:ss', type = 'VARCHAR', druid = '', timeZone = 'Asia/Seoul' } = written;
  const yaml = `name: events
timeZone: ${timeZone}
events:
  columns: { time: ${type}, id: BIGINT, hello: VARCHAR, other: ${type} }
  time: { column: time, format: "${format}" }
files: { pattern: ev.%Y%m%d.%H*.json }
kafka: { topic: times, outputTopic: times_out, key: id }
druid: { datasource: times${druid === '' ? '' : `, ${druid}`} }
`;
  const changes = { 'pipeline.yaml': yaml, 'transform.sql': sql };
  return loadPipeline(await pipelineLike('events', join(root, String(count)), changes));
}

const SHIFTED = `strftime(CAST(e.time AS TIMESTAMP) - INTERVAL 9 HOUR, '%Y-%m-%d %H:%M:%S') AS time`;
const TRUNCATED = `strftime(date_trunc('hour', CAST(e.time AS TIMESTAMP)), '%Y-%m-%d %H:%M:%S') AS time`;
/** The event's own time, except for the events 7 (another day), 8 (none) and 9 (not a time). */
const SOME = `CASE e.id WHEN 7 THEN '2026-11-20 05:00:00' WHEN 8 THEN NULL WHEN 9 THEN 'soon' ELSE e.time END AS time`;

describe('the check of a transform', () => {
  it.each<[string, string, Written, string]>([
    [
      'a shifted time',
      `SELECT ${SHIFTED}, e.id FROM events e`,
      {},
      'of an event of 2026-01-15 05:17:29 it makes a row of 2026-01-14 20:17:29',
    ],
    [
      'a shifted time under another name',
      `SELECT e.time AS at, ${SHIFTED.replace('AS time', 'AS of')}, e.id FROM events e`,
      { druid: 'timeColumn: of' },
      'of is not the time of the event',
    ],
    ['a rounded time', `SELECT ${TRUNCATED}, e.id FROM events e`, {}, 'it makes a row of 2026-01-15 05:00:00'],
    [
      'a shifted time where the hour may differ in the row',
      `SELECT ${SHIFTED}, e.id FROM events e`,
      { druid: 'rowTime: hour' },
      'it makes a row of 2026-01-14',
    ],
    [
      'a shifted epoch',
      'SELECT e.time + 3600 AS time, e.id FROM events e',
      { format: 'epoch-seconds', type: 'BIGINT' },
      'is not the time of the event',
    ],
    [
      'an epoch of another unit',
      'SELECT e.time // 60 * 60 AS time, e.id FROM events e',
      { format: 'epoch-milliseconds', type: 'BIGINT' },
      'is not the time of the event',
    ],
    [
      'ISO 8601 of another offset and the same clock',
      "SELECT replace(e.time, 'Z', '+09:00') AS time, e.id FROM events e",
      { format: 'iso' },
      'is not the time of the event',
    ],
    [
      'a constant',
      "SELECT '2026-11-21 05:00:00' AS time, e.id FROM events e",
      {},
      'it makes a row of 2026-11-21 05:00:00',
    ],
    [
      'a BIGINT as a text',
      'SELECT e.id AS time, e.id FROM events e',
      {},
      'the time column time is a BIGINT, and that of the events is a VARCHAR of the format yyyy-MM-dd HH:mm:ss (events.time)',
    ],
    [
      'a text as an epoch',
      'SELECT e.hello AS time, e.id FROM events e',
      { format: 'epoch-seconds', type: 'BIGINT' },
      'the time column time is a VARCHAR, and that of the events is a BIGINT of the format epoch-seconds (events.time)',
    ],
    [
      'whole seconds where the events have a fraction',
      'SELECT e.time::BIGINT AS time, e.id FROM events e',
      { format: 'epoch-seconds', type: 'DOUBLE' },
      'the time column time is a BIGINT, and that of the events is a DOUBLE of the format epoch-seconds (events.time)',
    ],
    [
      'seconds without their fraction',
      'SELECT floor(e.time) AS time, e.id FROM events e',
      { format: 'epoch-seconds', type: 'DOUBLE' },
      'of an event of 1768454249.123 it makes a row of 1768454249.0',
    ],
    [
      'local text of another second',
      "SELECT left(e.time, 17) || '00' AS time, e.id FROM events e",
      { format: 'local' },
      'of an event of 2026-01-15 05:17:29.123 it makes a row of 2026-01-15 05:17:00',
    ],
    ['a text as ISO 8601', 'SELECT e.id AS time, e.id FROM events e', { format: 'iso' }, 'is a BIGINT'],
    [
      "Druid's __time",
      'SELECT e.time, e.time AS __time, e.id FROM events e',
      {},
      "an output column is named __time, which is Druid's own",
    ],
    [
      "Druid's __time as the time",
      'SELECT e.time AS __time, e.id FROM events e',
      { druid: 'timeColumn: __time' },
      'is named __time',
    ],
    [
      'a name that ends a quoted one',
      `SELECT e.time, e.id AS "x"") || (SELECT 1" FROM events e`,
      {},
      String.raw`an output column is named "x\") || (SELECT 1"`,
    ],
    [
      'a name with control characters',
      `SELECT e.time, e.id AS "x\u001b[2J" FROM events e`,
      {},
      String.raw`an output column is named "x\u001b[2J"`,
    ],
    [
      'the column that Druid must not find',
      'SELECT e.time, e.id, 1 AS __no_such_column FROM events e',
      {},
      'is named __no_such_column',
    ],
  ])('refuses %s before anything is started', async (_, sql, written, words) => {
    await expect(load(sql, written)).rejects.toMatchObject({
      code: 'BAD_TRANSFORM',
      what: expect.stringContaining(words) as string,
    });
  });

  it('says which setting lets a row have another time of its hour', async () => {
    await expect(load(`SELECT ${TRUNCATED}, e.id FROM events e`)).rejects.toMatchObject({
      remedy: expect.stringContaining('druid.rowTime: hour') as string,
    });
    await expect(load(`SELECT ${SHIFTED}, e.id FROM events e`)).rejects.toMatchObject({
      remedy: expect.not.stringContaining('druid.rowTime: hour') as string,
    });
  });

  it.each<[string, Written]>([
    ['SELECT e.time, e.id FROM events e', {}],
    ['SELECT time, id FROM events', {}],
    ['SELECT e.* FROM events e', {}],
    ['FROM events e SELECT e.id, e.time', {}],
    ['SELECT e.time AS "when", e.id FROM events e', { druid: 'timeColumn: when' }],
  ])('costs nothing where the time is that of the event as it stands: %s', async (sql, written) => {
    const loaded = await load(sql, written);
    expect(loaded.timedTransform).toBeUndefined();
  });

  it.each<[string, Written]>([
    ["-- the time\n/* of it */ select e.time || '' AS time, e.id FROM events e", {}],
    ['SELECT e.* REPLACE (trim(e.time) AS time) FROM events e', {}],
    [`SELECT ${SOME}, e.id FROM events e`, {}],
    ["SELECT CASE WHEN e.hello = 'x' THEN e.time ELSE e.other END AS time, e.id FROM events e", {}],
    ['SELECT e.time::TIMESTAMPTZ::VARCHAR AS time, e.id FROM events e', { format: 'iso' }],
    [`SELECT ${TRUNCATED}, e.id FROM events e`, { druid: 'rowTime: hour' }],
    [
      'SELECT e.time - e.time % 60 AS time, e.id FROM events e',
      { format: 'epoch-seconds', type: 'BIGINT', druid: 'rowTime: hour' },
    ],
  ])('leaves to the events what it does not know: %s', async (sql, written) => {
    expect((await load(sql, written)).timedTransform).toContain('daybreak_event_time');
  });

  it('asks for a SELECT where it has to compare times', async () => {
    await expect(load("FROM events e SELECT e.time || '' AS time, e.id")).rejects.toMatchObject({
      code: 'BAD_TRANSFORM',
      what: expect.stringContaining('does not begin with SELECT') as string,
    });
  });
});

describe('an event whose row has another time', () => {
  const at = (id: number, clock = '05:17:29', date = '2026-11-21') => `{"time":"${date} ${clock}","id":${id}}`;
  const values = (...records: string[]) => records.map((record) => Buffer.from(record));
  const REASON =
    "Invalid Input Error: the row's time is 2026-11-20 05:00:00, not 2026-11-21 05:17:29, the time of its event";

  async function publish(loaded: LoadedPipeline, files: Record<string, string>) {
    const [input, output] = [join(root, `in-${count}`), join(root, `out-${count}`)];
    await writeFiles(input, files);
    const manifest = await runDayBuild(loaded, { date: DAY, input, output, engine: 'duckdb' });
    const quarantine = (await contentsOf(output, DAY))['_quarantine.ndjson'] ?? '';
    return { manifest, rows: await rowsOf(output, DAY), quarantine: quarantine.split('\n').filter(Boolean) };
  }

  it('is a bad record of the batch, with both times in its reason', async () => {
    const loaded = await load(`SELECT ${SOME}, e.id FROM events e`);
    const { manifest, rows, quarantine } = await publish(loaded, {
      'ev.20261121.05.json': lines(at(1), at(7), at(8), at(9), at(2, '06:00:00')),
    });
    expect(manifest.counts).toMatchObject({ read: 5, kept: 2, quarantined: 3, outsideDay: 0 });
    expect(rows).toEqual(['{"time":"2026-11-21 05:17:29","id":1}', '{"time":"2026-11-21 06:00:00","id":2}']);
    expect(quarantine.map((line) => JSON.parse(line) as unknown)).toEqual([
      { file: 'ev.20261121.05.json', line: 2, reason: `the transform fails on it: ${REASON}`, text: at(7) },
      expect.objectContaining({ line: 3, reason: expect.stringContaining("the row's time is null, not") as string }),
      expect.objectContaining({ line: 4, reason: expect.stringContaining("the row's time is soon, not") as string }),
    ]);
  });

  it('is a dead letter of the speed layer, for the same reason', async () => {
    const transform = await openMicroBatch(await load(`SELECT ${SOME}, e.id FROM events e`));
    try {
      const { messages, rejects } = await runIsolated(transform, values(at(1), at(7), at(2)));
      expect(messages.map(({ key }) => key)).toEqual(['1', '2']);
      expect(rejects).toEqual([{ index: 1, code: 'TRANSFORM_FAILED', reason: REASON }]);
    } finally {
      transform.close();
    }
  });

  it('fails the build where there are more than can be bad, and nothing is published', async () => {
    const loaded = await load(
      "SELECT CASE WHEN e.hello IS NULL THEN e.time ELSE '2026-11-20 05:00:00' END AS time, e.id FROM events e WHERE e.hello = 'b' OR e.hello IS NULL",
    );
    const records = Array.from({ length: 1100 }, (_, id) => at(id).replace('}', ',"hello":"b"}'));
    await expect(publish(loaded, { 'ev.20261121.05.json': lines(...records) })).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      what: expect.stringContaining(`such as with: ${REASON}`) as string,
      remedy: expect.stringContaining('Correct transform.sql') as string,
    });
  });

  it.each<[string, Written, string, string, string]>([
    [
      'ISO 8601 of another offset',
      { format: 'iso' },
      "replace(e.time, 'T05:17:29.1200Z', 'T14:17:29.12+09:00')",
      '"2026-11-21T05:17:29.1200Z"',
      '"2026-11-21T14:17:29.12+09:00"',
    ],
    [
      'a part of a millisecond',
      { format: 'iso' },
      "left(e.time, 23) || 'Z'",
      '"2026-11-21T05:17:29.123456Z"',
      '"2026-11-21T05:17:29.123Z"',
    ],
    ['an epoch', { format: 'epoch-milliseconds', type: 'BIGINT' }, 'e.time + 0', '1795203000123', '1795203000123'],
    [
      'seconds to the millisecond',
      { format: 'epoch-seconds', type: 'DOUBLE' },
      'round(e.time, 3)',
      '1795203000.123456',
      '1795203000.123',
    ],
    [
      'microseconds to the millisecond',
      { format: 'epoch-microseconds', type: 'BIGINT' },
      'e.time - e.time % 1000',
      '1795203000123999',
      '1795203000123000',
    ],
    [
      'nanoseconds before 1970',
      { format: 'epoch-nanoseconds', type: 'BIGINT' },
      'e.time // 1000000 * 1000000 - 1000000 * (e.time % 1000000 < 0)::INTEGER',
      '-1795203000123000001',
      '-1795203000124000000',
    ],
    [
      'local text with T and fewer digits',
      { format: 'local' },
      "CASE e.id WHEN 1 THEN '2026-11-21T05:17:29.5' ELSE e.time END",
      '"2026-11-21 05:17:29.500900"',
      '"2026-11-21T05:17:29.5"',
    ],
    [
      'local text without a fraction of zeros',
      { format: 'local' },
      "CASE e.id WHEN 1 THEN '2026-11-21 05:17:29' ELSE e.time END",
      '"2026-11-21 05:17:29.000000"',
      '"2026-11-21 05:17:29"',
    ],
  ])('is no other where it is spelled otherwise: %s', async (_, written, sql, given, expected) => {
    const transform = await openMicroBatch(await load(`SELECT ${sql} AS time, e.id FROM events e`, written));
    try {
      const { messages, rejects } = await transform.run(values(`{"time":${given},"id":1}`));
      expect(rejects).toEqual([]);
      expect(messages).toEqual([{ key: '1', value: `{"time":${expected},"id":1}` }]);
    } finally {
      transform.close();
    }
  });

  const LOCAL: Written = { format: 'local' };
  const FRACTIONAL: Written = { format: 'epoch-seconds', type: 'DOUBLE' };
  const NANOSECONDS: Written = { format: 'epoch-nanoseconds', type: 'BIGINT' };
  it.each<[string, Written, string, string]>([
    ['a fraction', { format: 'iso' }, "'2026-11-21T05:17:29.124Z'", '"2026-11-21T05:17:29.123Z"'],
    ['a second', { format: 'iso' }, "'2026-11-21T05:17:30.123Z'", '"2026-11-21T05:17:29.123Z"'],
    ['no offset', { format: 'iso' }, "'2026-11-21T05:17:29.123'", '"2026-11-21T05:17:29.123Z"'],
    ['a fraction of local text', LOCAL, "'2026-11-21T05:17:29.51'", '"2026-11-21 05:17:29.5"'],
    ['a fraction of seconds', FRACTIONAL, '1795203000.124', '1795203000.123999'],
    ['no number', FRACTIONAL, "'NaN'", '1795203000.5'],
    ['a number without end', FRACTIONAL, "'-inf'", '1795203000.5'],
    ['a millisecond before 1970', NANOSECONDS, '-1795203000123000000', '-1795203000123000001'],
    ['too many seconds', { format: 'epoch-seconds', type: 'BIGINT' }, '9223372036854775807', '1795203000'],
  ])('is another by %s', async (_, written, other, time) => {
    const sql = `SELECT CASE e.id WHEN 7 THEN ${other} ELSE e.time END AS time, e.id FROM events e`;
    const transform = await openMicroBatch(await load(sql, written));
    try {
      const { rejects } = await runIsolated(transform, values(`{"time":${time},"id":7}`));
      expect(rejects).toMatchObject([{ index: 0, code: 'TRANSFORM_FAILED' }]);
    } finally {
      transform.close();
    }
  });

  it('may have any time of its local hour with rowTime: hour, and no other', async () => {
    const zoned: Written = { format: 'iso', timeZone: 'Asia/Kolkata', druid: 'rowTime: hour' };
    // An hour begins there at half past in UTC.
    const moved = `CASE e.id WHEN 1 THEN '2026-11-21T05:30:00Z' WHEN 2 THEN '2026-11-21T05:29:59Z' WHEN 3 THEN 'soon' ELSE e.time END`;
    const loaded = await load(`SELECT ${moved} AS time, e.id FROM events e`, zoned);
    const record = (id: number) => `{"time":"2026-11-21T06:29:59.999Z","id":${id}}`;
    const { manifest, rows } = await publish(loaded, {
      'ev.20261121.11.json': lines(record(0), record(1), record(2), record(3)),
    });
    expect(manifest.counts).toMatchObject({ kept: 2, quarantined: 2 });
    expect(rows.map((row) => (JSON.parse(row) as { id: number }).id)).toEqual([0, 1]);
  });

  it('is written to its hour where all are of their hours', async () => {
    const loaded = await load(`SELECT ${TRUNCATED}, e.id FROM events e`, { druid: 'rowTime: hour' });
    const { rows } = await publish(loaded, { 'ev.20261121.05.json': lines(at(1), at(2, '06:59:59')) });
    expect(rows).toEqual(['{"time":"2026-11-21 05:00:00","id":1}', '{"time":"2026-11-21 06:00:00","id":2}']);
  });
});

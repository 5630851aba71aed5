import fc from 'fast-check';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runIsolated } from '../../activities/speed/isolated-transform';
import { runDayBuild } from '../../engines/build-day';
import { openMicroBatch } from '../../engines/duckdb/micro-batch';
import { loadPipeline } from '../../engines/load-pipeline';
import { contentsOf, DAY, lines, pipelineLike, rowsOf, scratchFolder, writeFiles } from './scratch';
import { UNNESTS, unnestPipeline, unnestRecord } from './unnests';

const root = scratchFolder();

/** Lines of the quarantine, with the reason. */
async function faultsOf(output: string): Promise<string[]> {
  const text = (await contentsOf(output, DAY))['_quarantine.ndjson'] ?? '';
  return text.split('\n').flatMap((entry) => {
    if (entry === '') return [];
    const { line, reason } = JSON.parse(entry) as { line: number; reason: string };
    return [`${line}: ${reason.replace('the transform fails on it: ', '')}`];
  });
}

it.each(Object.keys(UNNESTS))(
  'micro-batches, however they are cut, and the day give the same rows and rejects with %s',
  async (kind) => {
    const loaded = await unnestPipeline(root, kind);
    const transform = await openMicroBatch(loaded);
    const [input, output] = [join(root, 'input'), join(root, 'output')];
    try {
      await fc.assert(
        fc.asyncProperty(fc.uniqueArray(unnestRecord, { minLength: 1, maxLength: 30 }), async (records) => {
          await writeFiles(input, { 'names.20261121.07.json': lines(...records) });
          const rows: string[] = [];
          const faults: string[] = [];
          const withRows = new Set<string | null>();
          const half = Math.ceil(records.length / 2);
          for (const [from, to] of [[0, half] as const, [half, records.length] as const]) {
            const part = records.slice(from, to).map((record) => Buffer.from(record));
            const { messages, rejects } = await runIsolated(transform, part);
            rows.push(...messages.map(({ value }) => value));
            for (const { key } of messages) withRows.add(key);
            faults.push(...rejects.map(({ index, reason }) => `${from + index + 1}: ${reason}`));
          }
          const { counts } = await runDayBuild(loaded, { date: DAY, input, output, engine: 'duckdb', threads: 1 });
          expect((await rowsOf(output, DAY)).sort()).toEqual(rows.sort());
          expect(await faultsOf(output)).toEqual(faults);
          expect(counts).toMatchObject({
            ...{ read: records.length, written: rows.length, quarantined: faults.length },
            multiplied: rows.length - withRows.size,
            filtered: records.length - withRows.size - faults.length,
          });
          for (const folder of [input, output]) await rm(folder, { recursive: true });
        }),
        { numRuns: 5 },
      );
    } finally {
      transform.close();
    }
  },
  120_000,
);

it('rows of an event come in the order of its list, and an event of too many rows says how many', async () => {
  const transform = await openMicroBatch(await unnestPipeline(root, 'a list of the event'));
  const of = (id: number, tags: readonly string[]): Buffer =>
    Buffer.from(JSON.stringify({ id, time: '2026-11-21 07:00:00', tags }));
  try {
    const { messages, rejects } = await runIsolated(transform, [
      of(1, ['c', 'a', 'b']),
      of(2, ['a', 'b', 'c', 'd']),
      of(3, []),
      of(4, ['b', 'b']),
    ]);
    const tags = messages.map(({ value }) => (JSON.parse(value) as { user_name: string }).user_name);
    expect(tags).toEqual(['c', 'a', 'b', 'b', 'b']);
    expect(rejects).toEqual([
      {
        index: 1,
        code: 'TRANSFORM_FAILED',
        reason: 'Invalid Input Error: the event gives 4 rows, and events.maximumRows is 3',
      },
    ]);
  } finally {
    transform.close();
  }
});

describe('what is not a list of the event is refused', () => {
  it.each([
    ['SELECT time, id FROM events WHERE id IN (SELECT unnest([1, 2]))', 'unnest() makes several rows of one'],
    [
      'SELECT e.time, e.id, t.tag FROM events e, unnest(e.tags) AS t(tag)',
      'unnest() in FROM may give the elements in another',
    ],
    [
      'SELECT e.time, e.id, t.tag FROM events e LEFT JOIN unnest(e.tags) AS t(tag) ON true',
      'write FROM (SELECT *, unnest(…)',
    ],
    [
      'SELECT time, id, tag, unnest(tags) AS other FROM (SELECT *, unnest(tags) AS tag FROM events)',
      'write one unnest',
    ],
    ['SELECT time, id, unnest(tags, recursive := true) AS tag FROM events', 'write unnest(…) of one list'],
    [
      'SELECT e.time, e.id, t.tag FROM events e, (SELECT uid, unnest([1, 2]) AS tag FROM names) t WHERE t.uid = e.id',
      'unnest() makes several rows of one',
    ],
    [
      'SELECT e.time, e.id, t.tag FROM events e, LATERAL (SELECT unnest(e.tags) AS tag) t',
      'unnest() makes several rows of one',
    ],
    [
      'SELECT x.time, x.id AS user_id, unnest(x.t) AS uid FROM events x(hello, id, t, time)',
      'gives other names to the columns of events',
    ],
  ])('%s', async (sql, reason) => {
    await expect(unnestPipeline(root, 'a list of the event', sql)).rejects.toMatchObject({
      code: 'BAD_TRANSFORM',
      message: expect.stringContaining(reason) as string,
    });
  });

  it('and every unnest, unless the pipeline says that an event may give several rows', async () => {
    const sql = 'SELECT time, id AS user_id, unnest([id, 1]) AS uid FROM events';
    const folder = await pipelineLike('events', join(root, 'without'), { 'transform.sql': sql });
    await expect(loadPipeline(folder)).rejects.toThrow(/events\.maximumRows above 1/);
  });
});

import { join } from 'node:path';
import { runIsolated } from '../../activities/speed/isolated-transform';
import { openMicroBatch } from '../../engines/duckdb/micro-batch';
import { loadPipeline } from '../../engines/load-pipeline';
import { expectAlikeInBothLayers } from './alike-in-both-layers';
import { pipelineLike, scratchFolder } from './scratch';
import { UNNESTS, unnestPipeline, unnestRecord } from './unnests';

const root = scratchFolder();

it.each(Object.keys(UNNESTS))(
  'micro-batches, however they are cut, and the day give the same rows and rejects with %s',
  async (kind) => {
    const records = { record: unnestRecord, maxLength: 30, eventsOf: (keys: readonly unknown[]) => new Set(keys).size };
    await expectAlikeInBothLayers(await unnestPipeline(root, kind), root, records);
  },
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
    ['SELECT time, id FROM events e WHERE EXISTS (SELECT unnest(e.tags))', 'write a function of the list'],
    [
      'SELECT e.time, e.id, (SELECT max(t) FROM unnest(e.tags) AS x(t)) AS t FROM events e',
      'unnest() in a subquery: write a function of the list',
    ],
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

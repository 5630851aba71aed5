import { runIsolated } from '../../../activities/speed/isolated-transform';
import { DaybreakError } from '../../../domain/errors';
import { openMicroBatch } from '../../../engines/duckdb/micro-batch';
import type { MicroBatchTransform } from '../../../engines/model/micro-batch';
import { loadPipeline } from '../../../engines/load-pipeline';
import { event, pipelineLike, scratchFolder } from '../../engines/scratch';

const OVERFLOWING = `SELECT e.time, e.id * 4611686018427387904 AS user_id, n.name AS user_name, e.hello, n.uid
  FROM events e LEFT JOIN names n ON n.uid = e.id % 10`;

describe('runIsolated', () => {
  const folder = scratchFolder();
  let transform: MicroBatchTransform;
  let runs = 0;
  const counted: Pick<MicroBatchTransform, 'run'> = {
    run: (values) => {
      runs += 1;
      return transform.run(values);
    },
  };

  beforeAll(async () => {
    transform = await openMicroBatch(
      await loadPipeline(await pipelineLike('events', folder, { 'transform.sql': OVERFLOWING })),
    );
  });
  afterAll(() => {
    transform.close();
  });
  beforeEach(() => {
    runs = 0;
  });

  it('turns away exactly the events that make the SQL fail, and keeps the order of the others', async () => {
    const ids = Array.from({ length: 1_000 }, (_, index) => index % 2);
    ids[0] = ids[617] = ids[999] = 7;
    const values = ids.map((id) => Buffer.from(event(id)));
    values[300] = Buffer.from('no record');
    const { messages, rejects } = await runIsolated(counted, values);

    const good = ids.filter((id, index) => id !== 7 && index !== 300);
    expect(messages.map(({ key }) => key)).toEqual(good.map((id) => (id === 1 ? '4611686018427387904' : '0')));
    expect(rejects).toEqual([
      { index: 0, code: 'TRANSFORM_FAILED', reason: expect.stringContaining('Out of Range Error') as string },
      { index: 300, reason: 'not JSON' },
      { index: 617, code: 'TRANSFORM_FAILED', reason: expect.stringContaining('Overflow') as string },
      { index: 999, code: 'TRANSFORM_FAILED', reason: expect.stringContaining('Overflow') as string },
    ]);
    expect(runs).toBeLessThan(70);
  });

  it('turns away an event with a time zone that does not exist', async () => {
    const zoned = (sql: string): string =>
      sql.replace('e.hello', "(TIMESTAMP '2026-11-21 07:00:00' AT TIME ZONE e.hello)::VARCHAR AS hello");
    const loaded = await loadPipeline(await pipelineLike('events', folder, { 'transform.sql': zoned }));
    const inZones = await openMicroBatch(loaded);
    try {
      const values = ['Asia/Seoul', 'Asia/Soul', 'UTC'].map((zone, id) => Buffer.from(event(id, undefined, zone)));
      const { messages, rejects } = await runIsolated(inZones, values);
      expect(messages.map(({ key }) => key)).toEqual(['0', '2']);
      expect(rejects).toEqual([
        { index: 1, code: 'TRANSFORM_FAILED', reason: "Not implemented Error: Unknown TimeZone 'Asia/Soul'!" },
      ]);
    } finally {
      inZones.close();
    }
  });

  it('turns away an event for which DuckDB has no memory, and no other', async () => {
    const loaded = await loadPipeline(
      await pipelineLike('events', folder, {
        'pipeline.yaml': (yaml) => yaml.replace('events:\n', 'events:\n  maximumBytes: 67108864\n'),
      }),
    );
    const small = await openMicroBatch(loaded, { memoryLimit: 64 * 2 ** 20 });
    try {
      const large = Buffer.from(event(2).replace('"hello":"', `"hello":"${'x'.repeat(40 * 2 ** 20)}`));
      const { messages, rejects } = await runIsolated(small, [Buffer.from(event(1)), large, Buffer.from(event(3))]);
      expect(messages.map(({ key }) => key)).toEqual(['1', '3']);
      expect(rejects).toEqual([
        { index: 1, code: 'TRANSFORM_FAILED', reason: expect.stringContaining('Out of Memory Error') as string },
      ]);
    } finally {
      small.close();
    }
  });

  it('gives the results of the first events when its time is over, and no more after it is stopped', async () => {
    const values = [1, 7, 1, 1].map((id) => Buffer.from(event(id)));
    expect(await runIsolated(counted, values, { milliseconds: 0 })).toMatchObject({ events: 1, rejects: [] });
    expect(runs).toBe(3);
    expect(await runIsolated(counted, values, { signal: AbortSignal.abort() })).toMatchObject({
      events: 0,
      messages: [],
    });
    expect(runs).toBe(4);
  });

  it('runs a batch without such events once', async () => {
    await runIsolated(counted, [Buffer.from(event(1)), Buffer.from(event(0))]);
    expect(runs).toBe(1);
  });

  it.each([
    'Out of Memory Error: could not allocate block',
    'FATAL Error: database has been invalidated',
    'Binder Error: Contents of view were altered',
    'Catalog Error: Table with name names does not exist!',
  ])('blames no event for %s', async (message) => {
    const failure = new DaybreakError('ENGINE_FAILED', {
      what: message,
      remedy: '',
      cause: new Error(message),
    });
    const failing = { run: () => Promise.reject(failure) };
    await expect(runIsolated(failing, [Buffer.from(event(1)), Buffer.from(event(2))])).rejects.toBe(failure);
  });
});

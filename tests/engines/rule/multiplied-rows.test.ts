import { join } from 'node:path';
import { runIsolated } from '../../../activities/speed/isolated-transform';
import { runDayBuild } from '../../../engines/build-day';
import { openMicroBatch } from '../../../engines/duckdb/micro-batch';
import type { LoadedPipeline } from '../../../engines/model/loaded-pipeline';
import { contentsOf, DAY, event, lines, loadExample, scratchFolder, writeFiles } from '../scratch';

const root = scratchFolder();
const input = join(root, 'input');
const output = join(root, 'output');

/** A transform that the check of the SQL would never let through: every event joins two names. */
let unchecked: LoadedPipeline;

beforeAll(async () => {
  const loaded = await loadExample('events');
  unchecked = { ...loaded, transform: loaded.transform.replace('n.uid = e.id % 10', 'n.uid >= 8') };
});

const build = (loaded: LoadedPipeline) => runDayBuild(loaded, { date: DAY, input, output, engine: 'duckdb' });

function allowing(loaded: LoadedPipeline): LoadedPipeline {
  const { names } = loaded.pipeline.tables;
  if (names === undefined) throw new Error('the example has no table');
  return { ...loaded, pipeline: { ...loaded.pipeline, tables: { names: { ...names, allowDuplicateKeys: true } } } };
}

describe('a transform that gives more rows than it got events', () => {
  it('fails the build with the hour, the rows and the events, and leaves the published day', async () => {
    await writeFiles(input, { 'names.20261121.07.json': lines(event(1), event(1), event(2)) });
    await build(await loadExample('events'));
    const before = await contentsOf(output, DAY);
    await expect(
      runDayBuild(unchecked, { date: DAY, input, output, engine: 'duckdb', force: true }),
    ).rejects.toMatchObject({
      code: 'MULTIPLIED_ROWS',
      retry: false,
      what: expect.stringMatching(
        /^the transform of events \(.*pipelines\/events\/transform\.sql\) gives 4 rows for the 2 events of the hour 07 of 2026-11-21$/,
      ) as string,
      remedy: expect.stringContaining('(uid of names)') as string,
    });
    expect(await contentsOf(output, DAY)).toEqual(before);
  });

  it('fails a micro-batch, and makes no event of it a dead letter', async () => {
    const transform = await openMicroBatch(unchecked);
    const values = [event(1), 'bad', event(2)].map((text) => Buffer.from(text));
    try {
      await expect(runIsolated(transform, values)).rejects.toMatchObject({
        code: 'MULTIPLIED_ROWS',
        what: expect.stringContaining('gives 4 rows for the 2 events of a micro-batch') as string,
      });
      // Also if every line is proven.
      await expect(transform.run([Buffer.from(event(1))])).rejects.toMatchObject({ code: 'MULTIPLIED_ROWS' });
    } finally {
      transform.close();
    }
  });

  it('may do so where a table allows its key to repeat', async () => {
    const transform = await openMicroBatch(allowing(unchecked));
    try {
      expect((await transform.run([Buffer.from(event(1))])).messages).toHaveLength(2);
    } finally {
      transform.close();
    }
    await writeFiles(input, { 'names.20261121.07.json': lines(event(1)) });
    expect((await build(allowing(unchecked))).hours.find(({ hour }) => hour === '07')?.written).toBe(2);
  });
});

import { dependsOnSlots, mayHaveSubtasks, reindexSpec, subtasksFor } from '../../../domain/druid/reindex-spec';
import { dayPlan } from '../../../domain/daily-batch';
import { parseBusinessDate } from '../../../domain/business-date';
import type { Pipeline } from '../../../domain/pipeline';
import { loadExample } from '../../engines/scratch';

async function withDruid(druid: Partial<Pipeline['druid']>) {
  const { pipeline, outputColumns } = await loadExample('events');
  const changed: Pipeline = { ...pipeline, druid: { ...pipeline.druid, ...druid } };
  const spec = (size: { rows: number; bytes: number }, subtasks: number) => {
    const plan = dayPlan(changed, parseBusinessDate('2026-11-21'));
    const source = { type: 'local', files: [] } as const;
    return reindexSpec(changed, outputColumns, { id: 'task', plan, source, size, subtasks }).spec;
  };
  return { pipeline: changed, spec };
}

describe('how many tasks load a day', () => {
  it.each([
    ['a small day', 2_400_000, { used: 1, total: 6 }, 1],
    ['a large day', 20_000_000, { used: 1, total: 6 }, 3],
    ['a large day on many workers', 20_000_000, { used: 1, total: 100 }, 8],
    ['a Druid without free slots', 20_000_000, { used: 6, total: 6 }, 1],
    ['a Druid without workers', 20_000_000, { used: 0, total: 0 }, 1],
  ])('of %s follows the rows and the free slots', async (_, rows, slots, expected) => {
    const { pipeline } = await withDruid({});
    expect(subtasksFor(pipeline, rows, slots)).toBe(expected);
  });

  it('asks for free slots only where they decide', async () => {
    const [{ pipeline: any }, { pipeline: set }] = [await withDruid({}), await withDruid({ parallelSubtasks: 5 })];
    expect([4_999_999, 5_000_000].map((rows) => dependsOnSlots(any, rows))).toEqual([false, true]);
    expect(dependsOnSlots(set, 5_000_000)).toBe(false);
  });

  it('is one, without a slot of its own, only for a small day that is not split by ranges', async () => {
    const days: readonly [Partial<Pipeline['druid']>, number][] = [
      [{}, 4_999_999],
      [{}, 5_000_000],
      [{ parallelSubtasks: 1 }, 5_000_000],
      [{ parallelSubtasks: 2 }, 1],
      [{ partitionBy: ['hello'] }, 1],
      [{ partitionBy: ['hello'] }, 0],
    ];
    const found = await Promise.all(
      days.map(async ([druid, rows]) => mayHaveSubtasks((await withDruid(druid)).pipeline, rows)),
    );
    expect(found).toEqual([false, true, false, true, true, false]);
  });

  it('leaves slots for those that take over from each of realtime’s tasks', async () => {
    const { pipeline } = await withDruid({ tasks: { count: 2, replicas: 2 } });
    expect(subtasksFor(pipeline, 100_000_000, { used: 4, total: 12 })).toBe(3);
  });

  it('is what the pipeline says, whatever is free', async () => {
    const { pipeline } = await withDruid({ parallelSubtasks: 5 });
    expect(subtasksFor(pipeline, 1, { used: 6, total: 6 })).toBe(5);
  });
});

it('gives each of several tasks as many bytes', async () => {
  const { spec } = await withDruid({});
  expect(spec({ rows: 10, bytes: 1_000 }, 1).tuningConfig).not.toHaveProperty('splitHintSpec');
  expect(spec({ rows: 10, bytes: 1_000 }, 3).tuningConfig).toMatchObject({
    maxNumConcurrentSubTasks: 3,
    splitHintSpec: { maxSplitSize: 334 },
  });
});

it('splits by ranges of the columns that the pipeline names, but not a day without rows', async () => {
  const { spec } = await withDruid({ partitionBy: ['hello', 'user_name'], maxRowsPerSegment: 1_000 });
  expect(spec({ rows: 1, bytes: 1 }, 1).tuningConfig).toMatchObject({
    partitionsSpec: { type: 'range', partitionDimensions: ['hello', 'user_name'], maxRowsPerSegment: 1_000 },
    forceGuaranteedRollup: true,
  });
  const empty = spec({ rows: 0, bytes: 0 }, 1).tuningConfig;
  expect(empty).toMatchObject({ partitionsSpec: { type: 'dynamic', maxRowsPerSegment: 1_000 } });
  expect(empty).not.toHaveProperty('forceGuaranteedRollup');
});

it('makes segments of a day or of an hour of the zone', async () => {
  const periods = await Promise.all(
    (['DAY', 'HOUR'] as const).map(async (segmentGranularity) => {
      const { spec } = await withDruid({ segmentGranularity });
      return spec({ rows: 1, bytes: 1 }, 1).dataSchema.granularitySpec.segmentGranularity;
    }),
  );
  expect(periods).toEqual(['P1D', 'PT1H'].map((period) => ({ type: 'period', period, timeZone: 'Asia/Seoul' })));
});

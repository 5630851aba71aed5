import type { PartitionProgress } from '../../../../domain/speed-shard';
import { describeVersions } from '../../../../scripts/output/describe/describe-versions';

const [FOLDER, OLDER] = ['0123456789ab', 'ba9876543210'];

const partition = (number: number, changed: Partial<PartitionProgress> = {}): PartitionProgress => ({
  ...{ partition: number, offset: 0, highWatermark: 0, lag: 0, eventsPerSecond: 0, events: 0, rows: 0, deadLetters: 0 },
  version: FOLDER,
  ...changed,
});
const shown = (...partitions: PartitionProgress[]): string[] =>
  describeVersions('events', { version: FOLDER }, partitions);

it('says of both layers which version they run', () => {
  expect(shown(partition(0), partition(1))).toEqual([
    `batch: builds with version ${FOLDER}`,
    `realtime: runs version ${FOLDER}`,
  ]);
  expect(shown()).toEqual([`batch: builds with version ${FOLDER}`]);
});

it('shows a mixture, as of workers with different folders, and what to do', () => {
  expect(shown(partition(0), partition(1, { version: OLDER }))).toEqual([
    `batch: builds with version ${FOLDER}`,
    `! realtime: runs version ${FOLDER} and version ${OLDER}`,
    '→ Workers take a changed folder within seconds. If this stays, bring the same folder to every worker.',
  ]);
});

it('says once why partitions keep a version, and that the batch builds nothing meanwhile', () => {
  const what = 'pipelines/events/transform.sql:2: no such column';
  const kept = { version: OLDER, kept: `BAD_TRANSFORM: ${what}. Correct the SQL.` };
  const folder = { code: 'BAD_TRANSFORM' as const, what, remedy: 'Correct the SQL.' };
  expect(describeVersions('events', folder, [partition(0, kept), partition(2, kept)])).toEqual([
    `! batch: builds nothing, BAD_TRANSFORM: ${what}`,
    '→ Correct the SQL.',
    `! realtime keeps version ${OLDER} (partitions 0, 2): BAD_TRANSFORM: ${what}. Correct the SQL.`,
    '→ Correct the folder of events: realtime takes it by itself within seconds.',
  ]);
});

it('shows nothing of the version of workers that report none', () => {
  const { version, ...earlier } = partition(0);
  expect(version).toBe(FOLDER);
  expect(shown(earlier)).toEqual([`batch: builds with version ${FOLDER}`]);
});

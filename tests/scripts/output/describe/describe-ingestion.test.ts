import type { SpeedView } from '../../../../scripts/operate/speed/speed-status';
import { describeIngestion } from '../../../../scripts/output/describe/describe-ingestion';
import { describeSpeed } from '../../../../scripts/output/describe/describe-speed';

const health = { healthy: true, state: 'RUNNING', sealedUntil: '2026-11-20T15:00:00.000Z' };
const totals = { processed: 12, thrownAway: 0, unparseable: 0 };
const folder = { version: '0123456789ab' };
const view: SpeedView = {
  pipeline: 'events',
  state: 'running',
  shards: 1,
  supervisor: { healthy: false, state: 'UNHEALTHY_TASKS', remedy: 'Its last error: none given' },
  partitions: [],
  troubles: [],
};

it('names nothing to do where nothing is wrong', () => {
  expect(describeIngestion({ health, totals, lag: 3 })).toEqual([
    'Druid supervisor: RUNNING',
    'sealed until: 2026-11-20T15:00:00.000Z',
    "Druid's running tasks: took 12 rows, dropped 0 that came after the seal, could not read 0, lag 3",
  ]);
});

it('says that a lag is a bound where it was too large to count', () => {
  expect(describeIngestion({ health, totals, lag: 70_000, lagIsBound: true }).at(-1)).toMatch(/, lag at most 70000$/);
});

it('says of rows that came after the seal where they are', () => {
  expect(describeIngestion({ health, totals: { ...totals, thrownAway: 2 } })).toContain(
    '→ The dropped rows are in the hourly files: the next recompute of their days has them.',
  );
});

it('tells of rows that a task dropped also once it has ended', () => {
  const lines = describeIngestion({ health, totals, ended: { ...totals, thrownAway: 5 } });
  expect(lines).toContain(
    'those that began within 24 hours and ended: took 12 rows, dropped 5 that came after the seal, could not read 0',
  );
  expect(lines.join()).toContain('→ The dropped rows are in the hourly files');
});

it('tells what the workflow saw last while Druid does not answer', () => {
  expect(describeSpeed(view, undefined, folder)).toEqual([
    'speed layer of events: running, 1 shard',
    'Druid supervisor: UNHEALTHY_TASKS',
    '→ Its last error: none given',
    'sealed until: nothing sealed yet',
    'batch: builds with version 0123456789ab',
  ]);
  expect(describeSpeed(view, { health, totals }, folder)).toContain('Druid supervisor: RUNNING');
});

it('says what Druid refuses and what to do, where it answers and does not tell', () => {
  const untold = { what: "Druid's overlord does not let us GET it: 401", remedy: 'Set DRUID_USERNAME.' };
  expect(describeSpeed(view, untold, folder).slice(1, 3)).toEqual([`! Druid: ${untold.what}`, '→ Set DRUID_USERNAME.']);
});

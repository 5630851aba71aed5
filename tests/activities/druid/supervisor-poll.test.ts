import { supervisorPoll } from '../../../activities/druid/supervisor-poll';
import type { SupervisorStatus } from '../../../clients/druid';

const status: SupervisorStatus = {
  state: 'RUNNING',
  detailedState: 'RUNNING',
  healthy: true,
  minimumLag: { 0: 3, 1: 4 },
  recentErrors: [],
  activeTasks: [],
  publishingTasks: [],
};
const totals = { processed: 12, thrownAway: 0, unparseable: 0 };
const look = (changed: Partial<SupervisorStatus>, counted = totals) =>
  supervisorPoll(
    { pipeline: 'rides', id: 'rides' },
    { status: { ...status, ...changed }, isReplaced: false, sealedUntil: null, totals: counted },
  );

it('sums the lag of the partitions, and has nothing to say where all is well', () => {
  expect(look({})).toEqual({ health: { healthy: true, state: 'RUNNING' }, totals, lag: 7 });
});

it('knows no lag before Druid does', () => {
  expect(look({ minimumLag: null })).not.toHaveProperty('lag');
});

it('gives the offsets that no task has taken, where Druid gives the ends', () => {
  const { unread } = look({ latestOffsets: { 0: 10, 1: 4 } });
  expect(unread).toEqual([
    { partition: 0, low: 7, high: 10 },
    { partition: 1, low: 0, high: 4 },
  ]);
});

it('names the reset where one partition alone is past its end, whatever else is wrong', () => {
  const { health, lag } = look({ minimumLag: { 0: 900, 1: -20 }, healthy: false }, { ...totals, unparseable: 1 });
  expect(lag).toBe(-20);
  expect(health.healthy).toBe(false);
  expect(health.remedy).toMatch(/POST \/druid\/indexer\/v1\/supervisor\/rides\/reset$/);
});

it('gives the last error of an unhealthy one', () => {
  const { health } = look({
    healthy: false,
    detailedState: 'UNHEALTHY_TASKS',
    recentErrors: [{ message: 'no broker' }, { message: 'no space' }],
  });
  expect(health).toEqual({ healthy: false, state: 'UNHEALTHY_TASKS', remedy: 'Its last error: no space' });
});

it('is not healthy with rows that Druid cannot read, but is with rows that came after the seal', () => {
  expect(look({}, { ...totals, unparseable: 1 }).health).toMatchObject({
    healthy: false,
    remedy: expect.stringContaining('supervisor/rides/parseErrors') as string,
  });
  expect(look({}, { ...totals, thrownAway: 1 }).health).toEqual({ healthy: true, state: 'RUNNING' });
});

it.each([
  [
    false,
    'The speed layer makes it: npx daybreak speed start --pipeline rides. One that runs makes it again within ten minutes',
  ],
  [true, 'Druid replaces it, which takes seconds'],
])('says what to do about one that is absent; Druid replaces it: %s', (isReplaced, remedy) => {
  const { health } = supervisorPoll(
    { pipeline: 'rides', id: 'rides' },
    { status: undefined, isReplaced, sealedUntil: undefined, totals },
  );
  expect(health).toEqual({ healthy: false, state: 'ABSENT', remedy });
});

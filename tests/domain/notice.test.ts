import { parseBusinessDate } from '../../domain/business-date';
import { NO_RUN, overdueNotice } from '../../domain/notice';

const reasonOf = (outcome: string): string => overdueNotice('events', parseBusinessDate('2026-11-21'), outcome).reason;
const run = 'npx daybreak batch run --pipeline events --date 2026-11-21';

it('does not want a day run again that no run has begun, and says where to see why', () => {
  expect(reasonOf(NO_RUN)).toBe(
    'No run of the day has begun. See whether its night waits, or its schedule is paused or gone: ' +
      `npx daybreak schedule describe --pipeline events. To run the day now: ${run}`,
  );
});

it('says how to run a day again whose run failed, and that one that runs goes on', () => {
  expect(reasonOf('failed:NO_INPUT')).toBe(`Run it again when its cause is mended: ${run}`);
  expect(reasonOf('running')).toBe('Its run goes on.');
});

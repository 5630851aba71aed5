import { parseBusinessDate } from '../../../domain/business-date';
import { joinedWarning, runCommand } from '../../../scripts/operate/run-day';

const input = { pipeline: 'events', date: parseBusinessDate('2026-11-21') };

it('gives the command of a run with its options', () => {
  const run = 'npx daybreak batch run --pipeline events --date 2026-11-21';
  const options = { force: true, accept: ['MISSING_HOURS', 'CHECK_FAILED:no_uid'] } as const;
  expect(runCommand(input)).toBe(run);
  expect(runCommand({ ...input, ...options })).toBe(`${run} --force --accept MISSING_HOURS CHECK_FAILED:no_uid`);
  expect(joinedWarning(new Date(0), { ...input, force: true })).toContain(`once it has ended: ${run} --force`);
});

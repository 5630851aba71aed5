import { activitySummary, describeActivities } from '../../../../scripts/output/describe/describe-activities';

const running = { attempt: 1, details: undefined, lastFailure: undefined };

it('says what a run does in words, with what it waits for', () => {
  const details = 'waiting for tasks to release the day';
  expect(describeActivities([{ ...running, name: 'sealDay', details }])).toBe(
    'close the day to realtime: waiting for tasks to release the day',
  );
  expect(describeActivities([{ ...running, name: 'buildDay' }])).toBe('read, deduplicate and join the hourly files');
  expect(describeActivities([])).toBe('');
});

it('says which try it is and why the last one failed', () => {
  const failed = { ...running, name: 'proveDay', attempt: 3, lastFailure: 'Druid was away' };
  expect(describeActivities([failed])).toBe(
    'compare Druid’s rows with the batch’s (try 3; the last one failed: Druid was away)',
  );
});

it('does not show a failure after which it has gone on', () => {
  const again = { ...running, name: 'proveDay', attempt: 3, details: 'comparing hour 3 of 24' };
  expect(describeActivities([again])).toBe('compare Druid’s rows with the batch’s: comparing hour 3 of 24 (try 3)');
});

it('keeps the name of what only a newer worker knows', () => {
  expect(activitySummary('somethingNew')).toBe('somethingNew');
});

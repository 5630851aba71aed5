import { lastChange } from '../../../activities/batch/settle-input';

it('finds the last change of a day of 130,000 files', () => {
  const files = Array.from({ length: 130_000 }, (_, index) => ({ changedAt: (index * 7919) % 130_000 }));
  expect(lastChange(files)).toBe(129_999);
  expect(lastChange([])).toBe(0);
});

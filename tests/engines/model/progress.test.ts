import { fetchedText, startProgress, type BuildProgress } from '../../../engines/model/progress';

it('counts the bytes that were fetched beside the lines that were read', () => {
  const seen: BuildProgress[] = [];
  const progress = startProgress((now) => seen.push(now));
  progress.addFetched(1_200_000);
  progress.addFetched(34_000);
  progress.addRows(2, 100);
  progress.hoursTotal(24);
  progress.hourDone();
  progress.stop();
  expect(seen).toEqual([expect.objectContaining({ rows: 2, bytes: 100, fetchedBytes: 1_234_000, hoursDone: 1 })]);
});

it('shows them in megabytes', () => {
  expect(fetchedText(1_234_000)).toBe('1.2 MB fetched');
});

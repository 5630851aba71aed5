import { startProgress, transferTexts, type BuildProgress } from '../../../engines/model/progress';

it('counts the bytes that were fetched and sent beside the lines that were read', () => {
  const seen: BuildProgress[] = [];
  const progress = startProgress((now) => seen.push(now));
  progress.addFetched(1_200_000);
  progress.addFetched(34_000);
  progress.addSent(500_000);
  progress.addRows(2, 100);
  progress.hoursTotal(24);
  progress.hourDone();
  progress.stop();
  const expected = { rows: 2, bytes: 100, fetchedBytes: 1_234_000, sentBytes: 500_000, hoursDone: 1 };
  expect(seen).toEqual([expect.objectContaining(expected)]);
});

it('shows them in megabytes', () => {
  expect(transferTexts({ fetchedBytes: 1_234_000, sentBytes: 500_000 })).toEqual(['1.2 MB fetched', '0.5 MB sent']);
  expect(transferTexts({ fetchedBytes: 0, sentBytes: 0 })).toEqual([]);
});

import type { ReadItem } from '../../../engines/spark/day-result';
import { sourceHourOf, type SourceRead } from '../../../engines/spark/source-hours';
import type { TaskFile } from '../../../engines/spark/task-files';
import { DAY } from '../scratch';

const file: TaskFile = {
  file: 'a.json',
  number: 3,
  bytes: 9,
  isLines: false,
  place: { kind: 'local', path: '/a.json' },
};
const splits = [
  { file, start: 0, end: 5 },
  { file, start: 5, end: 9 },
];

function found(item: number, parts: readonly string[], hashes: ReadItem['hashes'] = {}): ReadItem {
  const nothing = { notes: {}, neighbour: { records: 0, digest: '0' }, odd: [], bad: null };
  return { item, lines: parts.map(() => 1), parts: [...parts], hashes, ...nothing };
}

/** An hour of one file, of which two tasks have read the lines, and a third one all of it. */
function hourOf(ofLines: readonly string[]): SourceRead {
  const listed = { file: file.file, path: '/a.json', hour: '07', bytes: 9, changedAt: 0, stamp: '' };
  return {
    ...{ date: DAY, hour: '07', files: [listed], odd: new Map(), maximumBytes: 1 },
    items: [
      { item: { hour: '07', splits, isHash: true }, found: found(0, ['one', 'two'], { '3': 'all' }) },
      ...splits.map((split, index) => ({
        item: { hour: '07', splits: [split], isHash: false },
        found: found(1 + index, [ofLines[index] ?? '']),
      })),
    ],
  };
}

it('takes the hash of a file that several tasks read from the task that read all of it', () => {
  expect(sourceHourOf(hourOf(['one', 'two'])).files).toEqual([{ file: 'a.json', hour: '07', bytes: 9, sha256: 'all' }]);
});

it('refuses a file of which a task has read another content than the one that was hashed', () => {
  expect(() => sourceHourOf(hourOf(['one', 'new']))).toThrow(
    expect.objectContaining({ code: 'STORAGE_CHANGED' }) as Error,
  );
});

import { workItems, type WorkItem } from '../../../engines/spark/work-items';

const MEBIBYTE = 1024 ** 2;

interface File {
  readonly file: string;
  readonly bytes: number;
  readonly isLines: boolean;
}

const file = (name: string, mebibytes: number, isLines = false): File => ({
  file: name,
  bytes: mebibytes * MEBIBYTE,
  isLines,
});

const items = (...files: readonly File[]): readonly WorkItem<File>[] => workItems(new Map([['07', files]]));

const shapes = (all: readonly WorkItem<File>[]): unknown[] =>
  all.map(({ splits, isHash }) => [
    isHash ? 'hash' : 'lines',
    ...splits.map((split) => `${split.file.file} ${split.start / MEBIBYTE}-${split.end / MEBIBYTE}`),
  ]);

it('gives small files of an hour to one task, and no file of another hour', () => {
  const one = workItems(
    new Map([
      ['07', [file('a', 1), file('b', 2)]],
      ['08', [file('c', 1)]],
    ]),
  );
  expect(shapes(one)).toEqual([
    ['lines', 'a 0-1', 'b 0-2'],
    ['lines', 'c 0-1'],
  ]);
});

it('divides a large plain file without a gap, and has somebody hash all of it and each part', () => {
  expect(shapes(items(file('a', 150)))).toEqual([
    ['hash', 'a 0-50', 'a 50-100', 'a 100-150'],
    ['lines', 'a 0-50'],
    ['lines', 'a 50-100'],
    ['lines', 'a 100-150'],
  ]);
});

it('divides no packed file, except when it has been unpacked to lines, whose hash is known', () => {
  expect(shapes(items(file('a.gz', 150)))).toEqual([['lines', 'a.gz 0-150']]);
  expect(shapes(items(file('a.gz', 100, true)))).toEqual([
    ['lines', 'a.gz 0-50'],
    ['lines', 'a.gz 50-100'],
  ]);
});

it('gives a task as many lines as it can take, also of packed files', () => {
  const packed = Array.from({ length: 16 }, (_, index) => file(`${index}.gz`, 1));
  expect(items(...packed).map(({ splits }) => splits.length)).toEqual([8, 8]);
  const tiny = Array.from({ length: 5000 }, (_, index) => file(`${index}`, 0));
  expect(items(...tiny).map(({ splits }) => splits.length)).toEqual([4096, 904]);
});

it('reads an empty file, too: somebody must say that it is empty', () => {
  expect(shapes(items(file('a', 0)))).toEqual([['lines', 'a 0-0']]);
});

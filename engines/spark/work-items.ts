import type { ListedFile } from '../input/listed-file';
import { isPacked } from '../input/compression';

/** Bytes of a task's work. A plain file that has more is read by several tasks. */
const ITEM_BYTES = 64 * 1024 ** 2;
/** Small files of one task. */
const MOST_FILES = 4096;
/** How many times its packed bytes a packed file has at most, usually. */
const UNPACKED = 8;

export interface SizedFile extends Pick<ListedFile, 'file' | 'bytes'> {
  /** Whether it has been unpacked to lines, whatever its name says. */
  readonly isLines: boolean;
}

/** The lines that begin from byte `start` to before byte `end` of a file; a packed file is one split. */
export interface Split<File> {
  readonly file: File;
  readonly start: number;
  readonly end: number;
}

/** The work of one task: splits of files of one source hour, in order. */
export interface WorkItem<File> {
  readonly hour: string;
  readonly splits: readonly Split<File>[];
  /** True if the splits are all of one file, of which only hashes are wanted: no task that reads its lines has all of it. */
  readonly isHash: boolean;
}

/** Divides the files of source hours, each with its content's size, among tasks. */
export function workItems<File extends SizedFile>(sources: ReadonlyMap<string, readonly File[]>): WorkItem<File>[] {
  const items: WorkItem<File>[] = [];
  for (const [hour, files] of sources) {
    let splits: Split<File>[] = [];
    let bytes = 0;
    const finish = (): void => {
      if (splits.length > 0) items.push({ hour, splits, isHash: false });
      [splits, bytes] = [[], 0];
    };
    for (const file of files) {
      const parts = splitsOf(file);
      if (parts.length > 1 && !file.isLines) {
        items.push({ hour, splits: parts, isHash: true });
      }
      for (const split of parts) {
        const size = contentBytes({ ...split.file, bytes: split.end - split.start });
        if (bytes + size > ITEM_BYTES || splits.length === MOST_FILES) finish();
        splits.push(split);
        bytes += size;
      }
    }
    finish();
  }
  return items;
}

/** An estimate of the bytes of a file's lines. */
export function contentBytes({ file, bytes, isLines }: SizedFile): number {
  return isPacked(file) && !isLines ? bytes * UNPACKED : bytes;
}

function splitsOf<File extends SizedFile>(file: File): Split<File>[] {
  if (file.bytes <= ITEM_BYTES || (isPacked(file.file) && !file.isLines)) return [{ file, start: 0, end: file.bytes }];
  const count = Math.ceil(file.bytes / ITEM_BYTES);
  const bounds = Array.from({ length: count + 1 }, (_, index) => Math.floor((file.bytes * index) / count));
  return bounds.slice(1).map((end, index) => ({ file, start: bounds[index] ?? 0, end }));
}

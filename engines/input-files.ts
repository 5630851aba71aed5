import { realpathSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { BusinessDate } from '../domain/business-date';
import { DaybreakError, messageOf } from '../domain/errors';
import { isWithin } from './contained';

/** One file of a day's input, as it was when the folder was listed. */
export interface ListedFile {
  /** Relative to the input folder. */
  readonly file: string;
  /** Of the file itself, where the name is a link. */
  readonly path: string;
  /** The local hour in the name. */
  readonly hour: string;
  readonly bytes: number;
  /** Of its last change, in milliseconds since 1970. */
  readonly changedAt: number;
  /**
   * Size, time of change, which tools can set, and of any change of the inode, which they cannot, and inode: as long as
   * they are the same, nobody wrote to the file. Empty where it was changed so lately that a later write could bear the
   * same time.
   */
  readonly stamp: string;
}

/** Milliseconds; far above the granularity of any file system's clock. */
const SETTLED_AFTER = 2000;

/**
 * The regular files of a day by the pipeline's pattern, also with .gz, in the order of their names; links within the
 * folder are followed. Throws NO_INPUT where there is none, UNREADABLE_INPUT where the folder or a file of it cannot be
 * looked at, or is a link that leads out of the folder: to pass it over would lose its rows without a word.
 */
export async function listInput(input: string, pattern: string, date: BusinessDate): Promise<ListedFile[]> {
  const expression = namesOfDay(pattern, date);
  const found: ListedFile[] = [];
  for (const entry of await readFolder(input)) {
    const hour = expression.exec(entry.name)?.[1];
    if (hour === undefined || !(entry.isFile() || entry.isSymbolicLink())) continue;
    const named = join(input, entry.name);
    const path = entry.isSymbolicLink() ? followed(input, named) : named;
    const status = lookAt(path);
    if (found.length % 4096 === 4095) await setImmediate();
    if (!status.isFile()) continue;
    const lastTouched = Math.max(Number(status.mtimeMs), Number(status.ctimeMs));
    const settled = Date.now() - lastTouched > SETTLED_AFTER;
    const stamp = settled ? `${status.size}/${status.mtimeNs}/${status.ctimeNs}/${status.ino}` : '';
    const changedAt = Number(status.mtimeMs);
    found.push({ file: entry.name, path, hour, bytes: Number(status.size), changedAt, stamp });
  }
  if (found.length === 0) {
    throw new DaybreakError('NO_INPUT', {
      what: `${input} holds no file for ${date}; looked for ${forDate(pattern, date)}, also with .gz`,
      remedy: 'Check the folder, the date, and files.pattern in pipeline.yaml.',
    });
  }
  return found.sort((a, b) => (a.file < b.file ? -1 : 1));
}

/**
 * A `*` straight after %H begins with no letter or digit, so that `….%H*.json` takes .23.json and .23_7.json, not .231.json.
 */
function namesOfDay(pattern: string, date: BusinessDate): RegExp {
  const source = forDate(pattern, date)
    .split(/(%H\*?|\*)/)
    .map((part) => {
      if (part === '*') return '[^/]*';
      if (part.startsWith('%H')) return `([01]\\d|2[0-3])${part.endsWith('*') ? '(?:[^A-Za-z0-9][^/]*)?' : ''}`;
      return part.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^(?!\\.)${source}${pattern.endsWith('.gz') ? '' : '(?:\\.gz)?'}$`);
}

function forDate(pattern: string, date: BusinessDate): string {
  const [year = '', month = '', day = ''] = date.split('-');
  return pattern.replace('%Y', year).replace('%m', month).replace('%d', day);
}

async function readFolder(input: string) {
  try {
    return await readdir(input, { withFileTypes: true });
  } catch (cause) {
    throw new DaybreakError('NO_INPUT', {
      what: `the input folder ${input} cannot be read: ${messageOf(cause)}`,
      remedy: 'Give the folder into which the hourly files are written.',
      cause,
    });
  }
}

/** Where a link in the input folder leads. Throws UNREADABLE_INPUT unless that is in the folder. */
function followed(input: string, link: string): string {
  let path: string;
  let root: string;
  try {
    [path, root] = [realpathSync(link), realpathSync(input)];
  } catch (cause) {
    throw unreadable(link, cause);
  }
  if (isWithin(root, path)) return path;
  throw unreadable(link, new Error(`it is a link to ${path}, out of the input folder`));
}

/** Synchronous: for a day of 86,400 files asynchronous calls cost more than the whole build. */
function lookAt(path: string) {
  try {
    return statSync(path, { bigint: true });
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

export function unreadable(path: string, cause: unknown): DaybreakError {
  return new DaybreakError('UNREADABLE_INPUT', {
    what: `the input file ${path} cannot be read: ${messageOf(cause)}`,
    remedy: 'Make it readable, or move it out of the input folder; nothing was published.',
    cause,
  });
}

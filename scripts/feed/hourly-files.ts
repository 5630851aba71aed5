import { createReadStream, createWriteStream } from 'node:fs';
import { appendFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline as pipe } from 'node:stream/promises';
import type { FeedRecord } from './generate';

/** What to do with files that exist already. */
export type Existing = 'refuse' | 'append' | 'replace';

/** Names of hourly files by Fluentd's pattern, such as names.%Y%m%d.%H*.json. Hours are %Y%m%d.%H. */
export class HourlyFileNames {
  readonly #pattern: string;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  /** The file that Fluentd appends to. The * stands for an index, which a file that is appended to does not have. */
  of(hour: string): string {
    return this.#at(hour).replaceAll('*', '');
  }

  /** Whether `name` holds records of the hour: any index, plain or gzip. */
  matches(name: string, hour: string): boolean {
    const literals = this.#at(hour)
      .split('*')
      .map((literal) => literal.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${literals.join('.*')}(\\.gz)?$`).test(name);
  }

  #at(hour: string): string {
    return this.#pattern
      .replace('%Y', hour.slice(0, 4))
      .replace('%m', hour.slice(4, 6))
      .replace('%d', hour.slice(6, 8))
      .replace('%H', hour.slice(9));
  }
}

/** Appends records to the files of their hours. Each line is written whole at once. */
export async function appendToFiles(
  folder: string,
  names: HourlyFileNames,
  records: readonly FeedRecord[],
): Promise<void> {
  const texts = new Map<string, string[]>();
  for (const { hour, text, toFile } of records) {
    if (!toFile) continue;
    const lines = texts.get(hour) ?? [];
    texts.set(hour, lines);
    lines.push(text, '\n');
  }
  await Promise.all([...texts].map(([hour, lines]) => appendFile(join(folder, names.of(hour)), lines.join(''))));
}

/** The files in `folder` that hold records of one of the hours. */
export async function filesOfHours(
  folder: string,
  names: HourlyFileNames,
  hours: readonly string[],
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && hours.some((hour) => names.matches(entry.name, hour)))
    .map(({ name }) => name)
    .sort();
}

/**
 * Moves every file of `staging` into `folder`. If a file exists there, its content is appended to it. Removes
 * `staging`.
 */
export async function publishFiles(staging: string, folder: string, replaced: readonly string[]): Promise<void> {
  await Promise.all(replaced.map((name) => rm(join(folder, name))));
  const present = new Set(await readdir(folder));
  for (const name of await readdir(staging)) {
    if (present.has(name)) {
      await pipe(createReadStream(join(staging, name)), createWriteStream(join(folder, name), { flags: 'a' }));
    } else {
      await rename(join(staging, name), join(folder, name));
    }
  }
  await rm(staging, { recursive: true });
}

import { mkdtempSync } from 'node:fs';
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseBusinessDate } from '../../domain/business-date';
import { completeCounts, type RecordCounts, type StoredCounts } from '../../domain/day-manifest';
import { readCurrent, type PublishedDay } from '../../engines/versions/day-output';
import { withOutput } from '../../engines/versions/open-output';
import { loadPipeline } from '../../engines/load-pipeline';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';

/** A new folder for a test. It is removed after all tests of the file. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'daybreak-engines-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files below a folder. Maps names to text or bytes. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

type Example = 'clicks' | 'events' | 'rides';

/** A copy of one of the example pipelines, with some of its files replaced or changed. */
export async function pipelineLike(
  example: Example,
  into: string,
  changes: Readonly<Record<string, string | ((text: string) => string)>> = {},
): Promise<string> {
  const folder = join(into, example);
  await rm(folder, { recursive: true, force: true });
  await cp(join('pipelines', example), folder, { recursive: true });
  for (const [name, change] of Object.entries(changes)) {
    const text = typeof change === 'string' ? change : change(await readFile(join(folder, name), 'utf8'));
    await writeFile(join(folder, name), text);
  }
  return folder;
}

export function loadExample(example: Example): Promise<LoadedPipeline> {
  return loadPipeline(join('pipelines', example));
}

/** The counts of a build of own files alone, whose transform makes one row from each record. */
export function unfiltered(counts: StoredCounts): RecordCounts {
  return completeCounts(counts, [{ written: counts.kept }]);
}

/** Every file of a published day, with its content. */
export async function contentsOf(output: string, date: string): Promise<Record<string, string>> {
  const folder = join(output, date);
  const contents: Record<string, string> = {};
  for (const name of (await readdir(folder)).sort()) {
    if (!name.startsWith('.')) contents[name] = await readFile(join(folder, name), 'utf8');
  }
  return contents;
}

/** The rows of a day as the text of their lines, in the order of the hours. */
export async function rowsOf(output: string, date: string): Promise<string[]> {
  const contents = await contentsOf(output, date);
  return Object.entries(contents)
    .filter(([name]) => /^\d\d\.ndjson$/.test(name))
    .flatMap(([, text]) => text.split('\n').filter((line) => line !== ''));
}

export const DAY = parseBusinessDate('2026-11-21');

/** A record of the example pipeline `events`, as Fluentd writes it. */
export function event(id: number | bigint | string, time = '2026-11-21 07:00:00', hello = 'ssm-seoul'): string {
  return `{"hello":"${hello}","id":${id},"time":"${time}"}`;
}

export function lines(...records: readonly string[]): string {
  return records.map((record) => `${record}\n`).join('');
}

/** The published day of an output; undefined if there is none. */
export function publishedIn(output: string, date = DAY): Promise<PublishedDay | undefined> {
  return withOutput({ location: output }, date, readCurrent);
}

import { join, sep } from 'node:path';
import type { InputSource } from '../../domain/druid/reindex-spec';
import { DaybreakError } from '../../domain/errors';
import type { Pipeline } from '../../domain/pipeline';
import { fileOf, type DayOutput, type PublishedDay } from '../../engines/versions/day-output';
import type { BatchDependencies, OutputFile } from './dependencies';

/**
 * How long Druid can read the rows from a storage: a task may wait for a slot for hours. Credentials that expire
 * earlier end it earlier.
 */
const READABLE_SECONDS = 24 * 3_600;

/** How Druid reads a version of a day: from the storage where it lies, or as `inLocalFolder` says. */
export async function sourceOf(
  output: DayOutput,
  day: PublishedDay,
  { druid }: Pipeline,
  inLocalFolder: BatchDependencies['inputSource'],
): Promise<InputSource> {
  const files = day.manifest.hours.map(({ file }) => file);
  const urls = await output.httpUrls(day.version, files, READABLE_SECONDS);
  if (urls === undefined) return inLocalFolder(files.map((file) => ({ folder: day.folder, file })));
  const addresses = files.map((file) => fileOf(day, file));
  switch (druid.inputSource) {
    case 'http':
      return { type: 'http', uris: urls };
    case 's3':
      return { type: 's3', uris: addresses };
    case 'hdfs':
      return { type: 'hdfs', paths: addresses };
  }
}

/** The user name with which Druid reads from the worker. The token is the password. */
export const OUTPUT_USER = 'daybreak';

/** For a Druid that sees the worker's output folder under the same path. */
export function sharedPath(files: readonly OutputFile[]): InputSource {
  return { type: 'local', files: files.map(({ folder, file }) => join(folder, file)) };
}

/** For a Druid that shares no folder with the worker: it reads from the worker's own server at `url`. */
export function servedByWorker({ url, token }: { readonly url: string; readonly token: string }) {
  return (files: readonly OutputFile[]): InputSource => ({
    type: 'http',
    uris: files.map(({ folder, file }) => [url.replace(/\/$/, ''), ...servedParts(folder), file].join('/')),
    httpAuthenticationUsername: OUTPUT_USER,
    httpAuthenticationPassword: { type: 'default', password: token },
  });
}

/** <pipeline>/output/.versions/<date>/<version>: the worker serves nothing else. */
function servedParts(folder: string): string[] {
  const parts = folder.split(sep).slice(-5);
  if (parts[1] === 'output' && parts[2] === '.versions') return parts;
  throw new DaybreakError('BAD_CONFIGURATION', {
    what: `DAYBREAK_OUTPUT_URL cannot serve ${folder}, which is not in the data folder`,
    remedy:
      'Leave output.location out, or unset DAYBREAK_OUTPUT_URL and share that folder with Druid under the same path.',
  });
}

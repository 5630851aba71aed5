import * as z from 'zod';
import type { BusinessDate } from '../../domain/business-date';
import type { DayManifest } from '../../domain/day-manifest';
import { DaybreakError } from '../../domain/errors';
import { QUARANTINE_FILE } from './quarantine';

export const MANIFEST_FILE = '_manifest.json';
/** The file with what an incremental build needs in addition to the manifest. Not part of the contract. */
export const STATE_FILE = '.build-state.json';

/** A day as it was published. It does not change when the day is built again, until retention removes it. */
export interface PublishedDay {
  /** The name of the version. */
  readonly version: string;
  /** Where its files are, as people write it: an absolute path, or an address such as s3://bucket/events/.versions/… */
  readonly folder: string;
  readonly manifest: DayManifest;
}

export interface NewVersion {
  /** Absolute path of the local folder that a build has filled. */
  readonly built: string;
  readonly id: string;
  /** The result of `currentVersion` before the input was listed. */
  readonly since: string | undefined;
  readonly keep: number;
  /** Ends the work before anything is published. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of bytes of each part that is sent to another storage. */
  readonly onSent?: ((bytes: number) => void) | undefined;
  /** Files that are not in the built folder, because they are those of another version. */
  readonly takenOver?: { readonly from: string; readonly files: readonly string[] } | undefined;
}

export interface ServedBy {
  /** The id of the task that loaded it. */
  readonly task: string;
  /** Whether an operator restored it. */
  readonly isRestored: boolean;
}

export interface ServedVersion {
  /** The name of the version. */
  readonly version: string;
  /** When Druid was proven to serve it, in milliseconds since 1970. */
  readonly at: number;
  /** Whether an operator restored it. Releases before this record did not say so. */
  readonly isRestored: boolean;
}

/** The bytes from `start` to `end`, inclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Where one day of a pipeline is published: its versions, which never change, and which of them is current. Everything
 * throws OUTPUT_FAILED, STORAGE_FAILED or STORAGE_REFUSED if the place cannot be used.
 */
export interface DayOutput {
  readonly date: BusinessDate;
  /** As people write it, without secrets. */
  readonly place: string;
  /** Absolute path of a local folder for what one process needs for a while; see `scratchIn`. */
  readonly scratch: string;

  /** The name of the current version; undefined if nothing is published. */
  currentVersion(): Promise<string | undefined>;
  /** Undefined if it is not kept, or if no build wrote it. */
  read(version: string): Promise<PublishedDay | undefined>;
  /**
   * The version whose address a caller gave. Throws OUTPUT_FAILED if it is not the address of a version of this day,
   * and NOT_BUILT if the version is not kept.
   */
  versionAt(folder: string): Promise<PublishedDay>;
  /** Whether every file of the version is there. */
  isWhole(day: PublishedDay): Promise<boolean>;
  /** When it was published or found unchanged last, in milliseconds since 1970; undefined if it is not kept. */
  builtAt(version: string): Promise<number | undefined>;
  /** The names of the kept versions, the latest published first. */
  keptVersions(): Promise<string[]>;
  /** The names of the versions that Druid has served, the one that it serves now first. */
  servedVersions(): Promise<string[]>;
  /** The version that Druid serves now, if it is kept; undefined if there is none. */
  lastServed(): Promise<ServedVersion | undefined>;

  /** Undefined if the version has none. */
  readState(version: string): Promise<string | undefined>;
  /** Replaces it as a whole. */
  writeState(version: string, text: string): Promise<void>;
  readPart(version: string, file: string, range: ByteRange): AsyncIterable<Buffer>;
  /**
   * Absolute local path of a file of the version: the file itself, or a copy in `folder`, whose name has the same end.
   */
  localFile(version: string, file: string, folder: string, signal?: AbortSignal): Promise<string>;

  /**
   * Addresses at which any HTTP client can read files of the version for so many seconds. They are secrets. Undefined
   * if the output is a local folder.
   */
  httpUrls(version: string, files: readonly string[], seconds: number): Promise<string[] | undefined>;

  /** A new local folder for a build of the day. Removes what killed builds of this machine left. */
  begin(): Promise<string>;
  /**
   * Publishes a built folder as the version `id` and makes it the current one, so that at no moment the day is missing
   * or half there. Keeps the latest `keep` versions. Resolves to false, and changes nothing that readers see, if
   * another process published another version meanwhile: its input may be newer. Throws BUILD_BUSY.
   */
  publish(version: NewVersion): Promise<boolean>;
  /** Records that a build found nothing to change in the version. */
  confirm(version: string): Promise<void>;
  /** Makes a kept version the current one again. Throws NOT_BUILT if it is not kept, and BUILD_BUSY. */
  republish(version: string): Promise<void>;
  /** Records that Druid was proven to serve the version. */
  markServed(version: string, by: ServedBy): Promise<void>;
}

/** The name of an hour's file of rows. */
export const ROWS_FILE = /\d\d\.ndjson(?:\.gz|\.zst)?/;

/** The parts of a manifest that name files. Builds take these files over into the next version, and Druid reads them. */
const filesSchema = z.object({
  hours: z.array(z.object({ file: z.string().regex(new RegExp(`^${ROWS_FILE.source}$`)), bytes: z.number() })),
  inputs: z.array(z.unknown()),
  quarantine: z.object({ file: z.literal(QUARANTINE_FILE) }).optional(),
});

/** Undefined if it is no manifest: a loss of power can leave a broken one. */
export function parseManifest(text: string): DayManifest | undefined {
  try {
    const manifest = JSON.parse(text) as DayManifest; // Builds write it.
    return filesSchema.safeParse(manifest).success ? manifest : undefined;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

/** The published day; undefined if there is none. */
export async function readCurrent(output: DayOutput): Promise<PublishedDay | undefined> {
  const version = await output.currentVersion();
  return version === undefined ? undefined : output.read(version);
}

/** Throws OUTPUT_FAILED if the day is another pipeline's: two pipelines have one place then. */
export function refuseOthers({ folder, manifest }: PublishedDay, pipeline: string): void {
  if (manifest.pipeline === pipeline) return;
  throw new DaybreakError('OUTPUT_FAILED', {
    what: `${folder} is a day of the pipeline ${JSON.stringify(manifest.pipeline)}, not of ${JSON.stringify(pipeline)}`,
    remedy: 'Give each pipeline an output.location of its own.',
  });
}

/** The address of a file of a version. */
export function fileOf({ folder }: Pick<PublishedDay, 'folder'>, file: string): string {
  return `${folder}/${file}`;
}

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { readWhole, type Abortable, type Storage } from '../../../clients/storage';
import { pauseBefore, RETRY } from '../../../clients/storage/retry';
import type { BusinessDate } from '../../../domain/business-date';
import { asDaybreakError, DaybreakError } from '../../../domain/errors';
import { Semaphore } from '../../../domain/semaphore';
import {
  MANIFEST_FILE,
  parseManifest,
  STATE_FILE,
  type DayOutput,
  type NewVersion,
  type PublishedDay,
} from '../day-output';
import { notKept } from '../output-errors';
import { settled } from '../settled';
import { removeLeftovers, scratchIn } from '../scratch';
import {
  isVersion,
  latestFirst,
  nowAfterOthers,
  parseRecord,
  RECORD_FILE,
  recordText,
  versionsKey,
  withCurrent,
  type DayRecord,
  type Publication,
} from './day-record';

/** Files that are sent at once. A large one is sent in parts, each of which is in memory until it is sent. */
const UPLOADS = 3;
/** A smaller file is sent in one request. */
const SMALL_BYTES = 4 * 1024 ** 2;
const LARGEST_RECORD = 1024 ** 2;
const LARGEST_MANIFEST = 512 * 1024 ** 2;
/** How often a record is changed again if others change it too. */
const MOST_CHANGES = 30;
/** A build takes less. What is older and not published was left behind. */
const FORGOTTEN_MILLISECONDS = 24 * 3_600_000;

/**
 * A prefix of a bucket or a folder of HDFS: the day is `<output>/<date>/_current.json`, a small object that names a
 * version, and a version is the folder `<output>/.versions/<date>/<version>`. The object is replaced by a conditional
 * write, so that of two builds one wins and the other notices. It names a version only once that is whole, and no
 * version gets a name whose files are still being removed.
 *
 * @param scratch absolute path of a local folder for what is not published yet.
 */
export function storedOutput(storage: Storage, date: BusinessDate, scratch: string, pipelineName?: string): DayOutput {
  const isGone = (version: string): DaybreakError =>
    notKept(storage.describe(''), { date, pipeline: pipelineName }, version);
  const recordKey = `${date}/${RECORD_FILE}`;
  const keyOf = (version: string, file = ''): string => {
    if (!isVersion(version)) throw isGone(version);
    return `${versionsKey(date)}${version}${file === '' ? '' : `/${file}`}`;
  };

  async function readRecord(): Promise<{ readonly record: DayRecord; readonly written: string } | undefined> {
    const found = await readWhole(storage, recordKey, LARGEST_RECORD);
    if (found === undefined) return undefined;
    try {
      return { record: parseRecord(found.content), written: found.version };
    } catch (cause) {
      throw new DaybreakError('OUTPUT_FAILED', {
        what: `${storage.describe(recordKey)} does not say which version is the day's, as this release writes it`,
        remedy:
          'Use the release that wrote it, or move it away and build the day again: its kept versions are then forgotten.',
        cause,
      });
    }
  }

  /** Replaces the record by what `change` gives; undefined if that gives nothing. */
  async function changeRecord(
    change: (record: DayRecord | undefined) => DayRecord | undefined,
  ): Promise<DayRecord | undefined> {
    for (let tries = 1; tries <= MOST_CHANGES; tries += 1) {
      if (tries > 1) await pauseBefore(2, RETRY);
      const before = await readRecord();
      const next = change(before?.record);
      if (next === undefined) return undefined;
      const condition = before === undefined ? ({ ifAbsent: true } as const) : { ifVersion: before.written };
      const written = await storage.writeIf(recordKey, Buffer.from(recordText(next)), condition);
      if (written !== undefined) return next;
    }
    throw new DaybreakError('BUILD_BUSY', {
      what: `${date} cannot be published in ${storage.describe('')}: others go on changing ${storage.describe(recordKey)}`,
      remedy: 'Build again; the published day is whole.',
    });
  }

  async function textOf(version: string, file: string): Promise<string | undefined> {
    return (await readWhole(storage, keyOf(version, file), LARGEST_MANIFEST))?.content.toString();
  }

  async function read(version: string): Promise<PublishedDay | undefined> {
    const text = await textOf(version, MANIFEST_FILE);
    const manifest = text === undefined ? undefined : parseManifest(text);
    return manifest && { version, folder: storage.describe(keyOf(version)), manifest };
  }

  async function upload(version: string, { built, takenOver, signal, onSent }: NewVersion): Promise<void> {
    const places = new Semaphore(UPLOADS);
    const options = { ...(signal && { signal }) };
    const send = (file: string) =>
      places.run(() => uploadFile(storage, join(built, file), keyOf(version, file), { ...options, onSent }));
    const files = await readdir(built);
    await settled<unknown>([
      ...files.filter((file) => file !== MANIFEST_FILE).map(send),
      ...(takenOver?.files.map((file) =>
        places.run(() => storage.copy(keyOf(takenOver.from, file), keyOf(version, file), options)),
      ) ?? []),
    ]);
    // The last one: who finds a manifest finds the version whole.
    await send(MANIFEST_FILE);
  }

  /** Versions that a killed build left: not in the record, and without a new file for a day. */
  async function orphans(record: DayRecord | undefined): Promise<string[]> {
    const known = new Set([...(record?.versions ?? []), ...(record?.removed ?? [])].map(({ version }) => version));
    const changed = new Map<string, number>();
    for await (const { key, modified } of storage.list(versionsKey(date))) {
      const version = key.split('/')[2] ?? '';
      if (!isVersion(version)) continue;
      changed.set(version, Math.max(changed.get(version) ?? 0, modified.getTime()));
    }
    const forgotten = Date.now() - FORGOTTEN_MILLISECONDS;
    return [...changed].filter(([version, at]) => !known.has(version) && at < forgotten).map(([version]) => version);
  }

  /** Undefined, and changes nothing, if the record is not, or no longer, one that may be replaced. */
  const makeCurrent = (
    given: Omit<Publication, 'date' | 'now'>,
    mayReplace: (record: DayRecord | undefined) => boolean,
  ): Promise<DayRecord | undefined> =>
    changeRecord((before) =>
      mayReplace(before) ? withCurrent(before, { ...given, date, now: new Date() }) : undefined,
    );

  async function publish(given: NewVersion): Promise<boolean> {
    const before = (await readRecord())?.record;
    const version = unusedName(given.id, before);
    const isStill = (record: DayRecord | undefined): boolean =>
      (record?.version === given.since || record?.version === version) && !isRemoved(record, version);
    if (!isStill(before)) return false;
    await cleanUp(before);
    await upload(version, given);
    given.signal?.throwIfAborted();
    const record = await makeCurrent({ version, keep: given.keep, orphans: await orphans(before) }, isStill);
    if (record === undefined) return false;
    // The day is published. What cannot be removed now, the next build removes, or names.
    await cleanUp(record).catch(asDaybreakError);
    return true;
  }

  /** Removes what retention dropped, and what killed builds left. */
  async function cleanUp(record: DayRecord | undefined): Promise<void> {
    for (const { version } of record?.removed ?? []) await storage.removeFolder(`${keyOf(version)}/`);
    await storage.removeUnfinished(versionsKey(date), new Date(Date.now() - FORGOTTEN_MILLISECONDS));
  }

  const namesBy = async (at: 'builtAt' | 'servedAt'): Promise<string[]> => {
    const found = await readRecord();
    return found === undefined ? [] : latestFirst(found.record, at);
  };
  const mark = async (
    version: string,
    at: 'builtAt' | 'servedAt',
    by: Partial<DayRecord['versions'][number]> = {},
  ): Promise<void> => {
    const marked = await changeRecord((record) => {
      if (record === undefined || !isKept(record, version)) return undefined;
      const what = { [at]: nowAfterOthers(record, { version, at, now: new Date() }), ...by };
      const versions = record.versions.map((kept) => (kept.version === version ? { ...kept, ...what } : kept));
      return { ...record, versions };
    });
    if (marked === undefined) throw isGone(version);
  };

  return {
    date,
    place: storage.describe(''),
    scratch,
    currentVersion: async () => (await readRecord())?.record.version,
    read,
    async versionAt(folder) {
      const version = folder.slice(folder.lastIndexOf('/') + 1);
      const isPlace = isVersion(version) && folder === storage.describe(keyOf(version));
      if (!isPlace) {
        throw new DaybreakError('OUTPUT_FAILED', {
          what: `${JSON.stringify(folder)} is no version of ${date} in ${storage.describe('')}`,
          remedy: 'Run the day again, with output.location as it is now.',
        });
      }
      const day = isKept((await readRecord())?.record, version) ? await read(version) : undefined;
      if (day !== undefined) return day;
      throw isGone(version);
    },
    async isWhole({ version, manifest }) {
      const sizes = new Map<string, number>();
      const folder = `${keyOf(version)}/`;
      for await (const { key, size } of storage.list(folder)) sizes.set(key.slice(folder.length), size);
      const { hours, quarantine } = manifest;
      if (quarantine !== undefined && !sizes.has(quarantine.file)) return false;
      return hours.every(({ file, bytes }) => sizes.get(file) === bytes);
    },
    async builtAt(version) {
      const kept = (await readRecord())?.record.versions.find((one) => one.version === version);
      return kept && Date.parse(kept.builtAt);
    },
    keptVersions: () => namesBy('builtAt'),
    servedVersions: () => namesBy('servedAt'),
    async lastServed() {
      const record = (await readRecord())?.record;
      const [version] = record === undefined ? [] : latestFirst(record, 'servedAt');
      const served = record?.versions.find((kept) => kept.version === version);
      if (served?.servedAt === undefined) return undefined;
      return { version: served.version, at: Date.parse(served.servedAt), isRestored: served.isRestored === true };
    },
    readState: (version) => textOf(version, STATE_FILE),
    writeState: async (version, text) => {
      await storage.write(keyOf(version, STATE_FILE), Buffer.from(text));
    },
    readPart: (version, file, { start, end }) => storage.read(keyOf(version, file), { offset: start, end: end + 1 }),
    async localFile(version, file, folder, signal) {
      const path = join(folder, file);
      await pipeline(storage.read(keyOf(version, file), { ...(signal && { signal }) }), createWriteStream(path));
      return path;
    },
    httpUrls: async (version, files, seconds) =>
      Promise.all(files.map((file) => httpUrl(storage, keyOf(version, file), seconds))),
    async begin() {
      const folder = scratchIn(scratch);
      await mkdir(folder, { recursive: true });
      await removeLeftovers(scratch);
      return folder;
    },
    publish,
    confirm: (version) => mark(version, 'builtAt'),
    async republish(version) {
      const given = { version, keep: Infinity, orphans: [] };
      const restored = await makeCurrent(given, (record) => isKept(record, version));
      if (restored === undefined) throw isGone(version);
    },
    markServed: (version, by) => mark(version, 'servedAt', by),
  };
}

function isKept(record: DayRecord | undefined, version: string): boolean {
  return record?.versions.some((kept) => kept.version === version) === true;
}

function isRemoved(record: DayRecord | undefined, version: string): boolean {
  return record?.removed.some((removed) => removed.version === version) === true;
}

/** The content of a removed version may be built again while its files are still being removed. */
function unusedName(id: string, record: DayRecord | undefined): string {
  let name = id;
  while (isRemoved(record, name)) name = createHash('sha256').update(name).digest('hex').slice(0, id.length);
  return name;
}

async function uploadFile(
  storage: Storage,
  path: string,
  key: string,
  { onSent, ...options }: Abortable & Pick<NewVersion, 'onSent'>,
): Promise<void> {
  const { size } = await stat(path);
  if (size < SMALL_BYTES) {
    await storage.write(key, await readFile(path), options);
    onSent?.(size);
    return;
  }
  await storage.write(key, partsOf(path, onSent), options);
}

/** The content of a file. A part counts as sent when the next one is asked for. */
async function* partsOf(path: string, onSent: NewVersion['onSent']): AsyncGenerator<Buffer> {
  // Without an encoding it gives Buffers.
  for await (const part of createReadStream(path) as AsyncIterable<Buffer>) {
    yield part;
    onSent?.(part.length);
  }
}

async function httpUrl(storage: Storage, key: string, seconds: number): Promise<string> {
  if (storage.presign !== undefined) return (await storage.presign(key, seconds)).url;
  if (storage.httpUrl !== undefined) return storage.httpUrl(key);
  throw new Error(`${storage.describe(key)} has no address`);
}

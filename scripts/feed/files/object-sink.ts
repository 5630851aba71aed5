import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { isChanged } from '../../../clients/storage/errors';
import { withScratch } from '../../../clients/storage/local/scratch-folder';
import type { Storage } from '../../../clients/storage/storage';
import type { Pipeline } from '../../../domain/pipeline';
import { Semaphore } from '../../../domain/semaphore';
import { FeedFileNames } from './file-names';
import { filesOfDay, type FileLines, type FileSink, type FileWriter, linesByFile, packed } from './file-sink';
import { FolderWriter } from './folder-sink';
import type { FeedRecord } from '../generate';

/** How long a live stream's records are held before they become an object, in milliseconds. */
const INTERVAL = 60_000;
/** How many bytes are held at most. */
const HELD_BYTES = 8 * 1024 * 1024;
/** Objects that are written at once. */
const WRITES = 8;

export interface ObjectSinkOptions {
  /** Absolute path of a folder for a day's files before they are written. */
  readonly scratch: string;
  /** Default: a minute. */
  readonly interval?: number;
}

/**
 * Objects in a storage. They cannot be appended to, so a live stream becomes a new object each minute, or sooner if
 * 8 MiB have come. If the process is killed, that part is lost. Closes the storage at its end.
 */
export function objectSink(
  storage: Storage,
  pipeline: Pipeline,
  { scratch, interval = INTERVAL }: ObjectSinkOptions,
): FileSink {
  const names = new FeedFileNames(pipeline);
  return {
    location: storage.describe(''),
    filesOf: (date) => filesOfDay(storage, pipeline, date),
    writeDay: (fill, replaced) =>
      withScratch(scratch, `feed-${process.pid}`, async (staging) => {
        const writer = new FolderWriter(staging, names);
        const filled = await fill(writer);
        const writes = new Semaphore(WRITES);
        await Promise.all(
          [...writer.names].map((name) =>
            writes.run(() => publish(storage, join(staging, name), name, replaced.includes(name))),
          ),
        );
        await storage.remove(replaced.filter((name) => !writer.names.has(name)));
        return filled;
      }),
    async writeLive(fill) {
      const writer = new ObjectWriter(storage, names, interval);
      await writer.check();
      // Also if Kafka fails: what came until then is written.
      return fill(writer).finally(() => writer.flush());
    },
    close() {
      storage.close();
    },
  };
}

/** Writes a file as an object, behind the content that the object has unless it is replaced. */
async function publish(storage: Storage, file: string, key: string, replaces: boolean): Promise<void> {
  if (replaces) {
    await storage.write(key, createReadStream(file));
    return;
  }
  // If somebody else wrote it meanwhile, their content stays too.
  while (!(await append(storage, file, key)));
}

/** Resolves to false if the object is another one when it is read or written than when it was found. */
async function append(storage: Storage, file: string, key: string): Promise<boolean> {
  const found = await storage.find(key);
  if (found === undefined)
    return (await storage.writeIf(key, createReadStream(file), { ifAbsent: true })) !== undefined;
  const { version } = found;
  try {
    const content = behind(storage.read(key, { version }), file);
    return (await storage.writeIf(key, content, { ifVersion: version })) !== undefined;
  } catch (thrown) {
    if (isChanged(thrown)) return false;
    throw thrown;
  }
}

async function* behind(content: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array> {
  yield* content;
  yield* createReadStream(file) as AsyncIterable<Buffer>; // It has no encoding.
}

/** Holds records and writes them as new objects. */
class ObjectWriter implements FileWriter {
  files = 0;
  readonly #storage: Storage;
  readonly #names: FeedFileNames;
  readonly #interval: number;
  #held = new Map<string, FileLines>();
  #bytes = 0;
  #since = 0;

  constructor(storage: Storage, names: FeedFileNames, interval: number) {
    this.#storage = storage;
    this.#names = names;
    this.#interval = interval;
  }

  /** Fails now if the storage or the pattern would fail after the first minute. */
  async check(): Promise<void> {
    const name = this.#names.indexed(Date.now(), Date.now());
    packed(name, []);
    await this.#storage.find(name);
  }

  async write(records: readonly FeedRecord[]): Promise<void> {
    for (const [name, file] of linesByFile(this.#names, records)) {
      if (this.#held.size === 0) this.#since = Date.now();
      const held = this.#held.get(name);
      if (held === undefined) this.#held.set(name, file);
      else held.lines.push(...file.lines);
      this.#bytes += file.lines.reduce((bytes, line) => bytes + line.length, 0);
    }
    const isDue = this.#held.size > 0 && Date.now() - this.#since >= this.#interval;
    if (isDue || this.#bytes >= HELD_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    const held = [...this.#held.values()];
    this.#held = new Map();
    this.#bytes = 0;
    await Promise.all(held.map((file) => this.#put(file)));
    this.files += held.length;
  }

  async #put({ instant, lines }: FileLines): Promise<void> {
    // The time as index. Another feed may have written in the same millisecond.
    for (let index = Date.now(); ; index += 1) {
      const name = this.#names.indexed(instant, index);
      if ((await this.#storage.writeIf(name, packed(name, lines), { ifAbsent: true })) !== undefined) return;
    }
  }
}

import { createReadStream, createWriteStream } from 'node:fs';
import { appendFile, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline as pipe } from 'node:stream/promises';
import { localStorage } from '../../../clients/storage/local/local-storage';
import { DaybreakError, messageOf } from '../../../domain/errors';
import type { Pipeline } from '../../../domain/pipeline';
import { FeedFileNames } from './file-names';
import { filesOfDay, type FileSink, type FileWriter, linesByFile, packed } from './file-sink';
import type { FeedRecord } from '../generate';

/** Appends records to files in a folder. Each line is written whole at once. */
export class FolderWriter implements FileWriter {
  readonly names = new Set<string>();
  readonly #folder: string;
  readonly #fileNames: FeedFileNames;

  constructor(folder: string, names: FeedFileNames) {
    this.#folder = folder;
    this.#fileNames = names;
  }

  get files(): number {
    return this.names.size;
  }

  async write(records: readonly FeedRecord[]): Promise<void> {
    const files = linesByFile(this.#fileNames, records);
    await writtenTo(this.#folder, () =>
      Promise.all([...files].map(([name, { lines }]) => this.#append(name, packed(name, lines)))),
    );
  }

  async #append(name: string, content: Buffer): Promise<void> {
    const path = join(this.#folder, name);
    if (!this.names.has(name)) await mkdir(dirname(path), { recursive: true });
    this.names.add(name);
    await appendFile(path, content);
  }
}

/** Files in a local folder, which is absolute: a live stream is appended to them as it comes. */
export function folderSink(folder: string, pipeline: Pipeline): FileSink {
  const storage = localStorage({ kind: 'local', folder });
  const names = new FeedFileNames(pipeline);
  return {
    location: folder,
    filesOf: (date) => filesOfDay(storage, pipeline, date),
    async writeDay(fill, replaced) {
      // Readers pass over names that begin with a dot. Within the folder a rename copies nothing.
      const staging = join(folder, `.feed-${process.pid}`);
      await writtenTo(folder, () => mkdir(staging, { recursive: true }));
      try {
        const writer = new FolderWriter(staging, names);
        const filled = await fill(writer);
        await storage.remove(replaced);
        for (const name of writer.names) await writtenTo(folder, () => publish(staging, name));
        return filled;
      } finally {
        await rm(staging, { recursive: true, force: true });
      }
    },
    async writeLive(fill) {
      await writtenTo(folder, () => mkdir(folder, { recursive: true }));
      return fill(new FolderWriter(folder, names));
    },
    close() {
      storage.close();
    },
  };

  /** Appends in place, because another writer may have the file open. */
  async function publish(staging: string, name: string): Promise<void> {
    const [from, to] = [join(staging, name), join(folder, name)];
    await mkdir(dirname(to), { recursive: true });
    if ((await storage.find(name)) === undefined) await rename(from, to);
    else await pipe(createReadStream(from), createWriteStream(to, { flags: 'a' }));
  }
}

/** Does work of the file system alone. Throws OUTPUT_FAILED if it fails. */
async function writtenTo<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof DaybreakError) throw cause;
    throw new DaybreakError('OUTPUT_FAILED', {
      what: `the files cannot be written to ${folder}: ${messageOf(cause)}`,
      remedy: 'Free space there and make the folder writable, or give another one by --output.',
      cause,
    });
  }
}

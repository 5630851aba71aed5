import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReadOptions, Storage, StoredObject } from '../../clients/storage';
import { ignoreAbsent } from '../../clients/storage/local/fs-errors';
import { isNeighbour } from '../../domain/file-hours';
import { Semaphore } from '../../domain/semaphore';
import { scratchIn } from '../versions/scratch';
import { isZstd } from './compression';
import type { InputOptions } from './input-files';
import {
  A_FOLDER,
  prefixesOf,
  SMALL_BYTES,
  type Candidate,
  type DatedNames,
  type InputPlace,
  type ListedFacts,
  type ListedFile,
} from './listed-file';
import { counted, writeCopy } from './write-copy';

/** Objects that are fetched at once. */
const FETCHES = 8;

/** Uses the input in a storage, then closes it. */
export async function withStoredInput<T>(
  storage: Storage,
  options: InputOptions,
  use: (place: InputPlace) => Promise<T>,
): Promise<T> {
  return withCopies(storage, options, (copies, signal) =>
    use({
      name: storage.describe(''),
      candidates: (days) => candidatesOf(storage, copies, days, signal),
      async tryRead({ file, stamp }) {
        const content = storage.read(file, { version: stamp, end: 1, signal });
        for await (const chunk of content) if (chunk.length > 0) return;
      },
    }),
  );
}

/** Uses files of a storage that were listed elsewhere, then closes it. */
export async function withStoredFiles<T>(
  storage: Storage,
  options: InputOptions,
  use: (open: (file: ListedFacts) => ListedFile) => Promise<T>,
): Promise<T> {
  return withCopies(storage, options, (copies) => use((file) => copies.open(file)));
}

async function withCopies<T>(
  storage: Storage,
  options: InputOptions,
  use: (copies: Copies, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const signal = AbortSignal.any([ended.signal, ...(options.signal ? [options.signal] : [])]);
  const copies = new Copies(storage, { ...options, signal });
  try {
    return await use(copies, signal);
  } finally {
    // What was fetched ahead, and is not needed after a failure.
    ended.abort();
    await copies.remove();
    storage.close();
  }
}

async function* candidatesOf(
  storage: Storage,
  copies: Copies,
  days: readonly DatedNames[],
  signal: AbortSignal,
): AsyncGenerator<Candidate> {
  const parts = days[0]?.names.segments.length ?? 1;
  const objects = new Set<string>();
  const folders = new Set<string>();
  for (const prefix of prefixesOf(days)) {
    for await (const object of storage.list(prefix, { signal })) {
      const path = object.key.split('/');
      if (path.length <= parts) {
        objects.add(object.key);
        yield { file: object.key, listed: (hour) => copies.of(object, hour) };
        continue;
      }
      const folder = path.slice(0, parts).join('/');
      if (folders.has(folder)) continue;
      folders.add(folder);
      // An object of that name comes first. Each of the two needs a name of its own.
      const file = objects.has(folder) ? `${folder}/` : folder;
      yield { file: folder, listed: (hour) => copies.ofFolder(file, hour) };
    }
  }
}

/** Copies of objects in a folder. Each is made once, of the version that was listed. */
class Copies {
  readonly #storage: Storage;
  readonly #folder: string;
  readonly #signal: AbortSignal;
  readonly #asTheyAre: boolean;
  readonly #onFetched: InputOptions['onFetched'];
  readonly #places = new Semaphore(FETCHES);
  readonly #made = new Map<string, Promise<void>>();

  constructor(
    storage: Storage,
    { scratch, signal, asTheyAre = false, onFetched }: InputOptions & { readonly signal: AbortSignal },
  ) {
    this.#storage = storage;
    this.#folder = scratchIn(scratch);
    this.#signal = signal;
    this.#asTheyAre = asTheyAre;
    this.#onFetched = onFetched;
  }

  of({ key, size, version, modified }: StoredObject, hour: string): ListedFile {
    return this.open({ file: key, hour, bytes: size, changedAt: modified.getTime(), stamp: version });
  }

  /** A folder has no content. Its time is that of no file, so that nobody waits for it to settle. */
  ofFolder(file: string, hour: string): ListedFile {
    return this.open({ file, hour, bytes: 0, changedAt: 0, stamp: 'folder', unread: A_FOLDER });
  }

  /** A file that was listed here or elsewhere. Its copy is here. */
  open(facts: Omit<ListedFacts, 'path'>): ListedFile {
    const { file, hour, bytes, stamp, unread } = facts;
    const path = this.#path(file, stamp);
    if (unread !== undefined) {
      const make = async (): Promise<void> => {
        await mkdir(path, { recursive: true });
      };
      return { ...facts, path, fetch: () => this.#once(path, make) };
    }
    // A file of a neighbouring hour may be written to all day. What it gains later is late data.
    const wanted = this.#asTheyAre || isNeighbour(hour) ? { mayGrow: true } : { version: stamp };
    const read = (end?: number): AsyncIterable<Buffer> =>
      this.#read(file, { ...wanted, ...(end !== undefined && { end }) });
    const fetch = (): Promise<void> =>
      this.#once(path, () => writeCopy(this.#storage.describe(file), read(), path, this.#signal));
    const stream = bytes <= SMALL_BYTES || isZstd(file) ? undefined : read;
    return { ...facts, path, fetch, stream };
  }

  async remove(): Promise<void> {
    // What is still being copied would make the folder again.
    await Promise.allSettled(this.#made.values());
    await rm(this.#folder, { recursive: true, force: true }).catch(ignoreAbsent);
  }

  /** Keys can be longer than names of files, and hold any character. */
  #path(key: string, version: string): string {
    return join(
      this.#folder,
      createHash('sha256')
        .update(JSON.stringify([key, version]))
        .digest('hex'),
    );
  }

  #once(path: string, make: () => Promise<void>): Promise<void> {
    let made = this.#made.get(path);
    if (made === undefined) {
      made = this.#places.run(make);
      this.#made.set(path, made);
    }
    return made;
  }

  #read(key: string, wanted: Pick<ReadOptions, 'version' | 'mayGrow' | 'end'>): AsyncIterable<Buffer> {
    return counted(this.#storage.read(key, { ...wanted, signal: this.#signal }), this.#onFetched);
  }
}

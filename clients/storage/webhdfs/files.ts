import { Readable } from 'node:stream';
import * as z from 'zod';
import { listedStatuses, oneStatus, type FileStatus } from './file-status';
import { WebHdfsFailure } from './webhdfs-errors';
import type { Upload, WebHdfsHttp } from './webhdfs-http';

export type Files = ReturnType<typeof createFiles>;

const xattrs = z.object({ XAttrs: z.array(z.object({ name: z.string(), value: z.string().nullish() })) });
const nothing = z.unknown();

/** WebHDFS's operations, each by an absolute path. All throw WebHdfsFailure. */
export function createFiles(http: WebHdfsHttp) {
  return {
    /** Undefined if nothing is there. */
    status: (path: string, signal?: AbortSignal): Promise<FileStatus | undefined> =>
      http
        .json({ method: 'GET', path, query: { op: 'GETFILESTATUS' }, signal }, oneStatus)
        .then(({ FileStatus }) => FileStatus, ifMissing(undefined)),

    /** The entries of a folder, page by page; none if it does not exist. */
    async *list(path: string, signal?: AbortSignal): AsyncGenerator<FileStatus> {
      let startAfter: string | undefined;
      for (;;) {
        // The NameNode of 3.5 reads the name only in lower case, HttpFS as it is documented. Each ignores the other.
        const after = startAfter === undefined ? {} : { startAfter, startafter: startAfter };
        const query = { op: 'LISTSTATUS_BATCH', ...after };
        const page = await http
          .json({ method: 'GET', path, query, signal }, listedStatuses)
          .catch(ifMissing(undefined));
        const entries = page?.DirectoryListing.partialListing.FileStatuses.FileStatus ?? [];
        // For a file, which is no folder, it gives the file itself, without a name.
        yield* entries.filter(({ pathSuffix }) => pathSuffix !== '');
        const last = entries.at(-1)?.pathSuffix;
        const left = page?.DirectoryListing.remainingEntries ?? 0;
        if (left === 0) return;
        if (!last) throw new WebHdfsFailure(`it has ${left} more entries, but names none to go on from`, 400);
        if (last === startAfter) throw new WebHdfsFailure('it gives the same page of a listing again and again', 400);
        startAfter = last;
      }
    },

    open: (path: string, offset: number, length: number, signal?: AbortSignal) =>
      http.stream({
        method: 'GET',
        path,
        query: { op: 'OPEN', offset, ...(Number.isFinite(length) && { length }) },
        signal,
      }),

    /** Writes a file, and makes the folders on the way. Replaces what was there before the first byte is written. */
    async create(path: string, data: Upload, signal?: AbortSignal): Promise<void> {
      const query = { op: 'CREATE', overwrite: true };
      await http.json({ method: 'PUT', path, query, signal }, nothing, data);
    },

    /**
     * Renames in one step: replaces what is there, or not, as `over` says. False if there is nothing to rename, for
     * example after a rename whose answer was lost, or if something is in the way.
     */
    async rename(path: string, destination: string, over: boolean, signal?: AbortSignal): Promise<boolean> {
      const query = { op: 'RENAME', destination, renameoptions: over ? 'OVERWRITE' : 'NONE' };
      const answer = await http.json({ method: 'PUT', path, query, signal }, nothing).catch((thrown: unknown) => {
        if (isException(thrown, 'FileNotFoundException', 'FileAlreadyExistsException')) return false;
        throw thrown;
      });
      if (answer === false) return false;
      // The old kind of rename, which has no options, answers like this.
      if (answer !== undefined) throw new WebHdfsFailure('this gateway cannot rename over a file in one step', 400);
      return true;
    },

    /** True if this call set it: nobody had set it on this inode before. */
    async setOnce(fileId: number, name: string, value: string, signal?: AbortSignal): Promise<boolean> {
      const query = { op: 'SETXATTR', 'xattr.name': name, 'xattr.value': `"${value}"`, flag: 'CREATE' };
      try {
        await http.json({ method: 'PUT', path: inodePath(fileId), query, signal }, nothing);
        return true;
      } catch (thrown) {
        if (thrown instanceof WebHdfsFailure && thrown.message.includes('already exists')) return false;
        throw thrown;
      }
    },

    /** An attribute of an inode; undefined if the inode is gone. */
    async attribute(fileId: number, name: string, signal?: AbortSignal): Promise<string | undefined> {
      const query = { op: 'GETXATTRS', 'xattr.name': name, encoding: 'TEXT' };
      const found = await http
        .json({ method: 'GET', path: inodePath(fileId), query, signal }, xattrs)
        .catch(ifMissing(undefined));
      const value = found?.XAttrs.find((attribute) => attribute.name === name)?.value;
      return value?.replace(/^"(.*)"$/s, '$1');
    },

    async remove(path: string, signal?: AbortSignal, recursive = false): Promise<void> {
      await http.json({ method: 'DELETE', path, query: { op: 'DELETE', recursive }, signal }, nothing);
    },
  };
}

/** A path of HDFS itself that follows the file through renames and never means another file. */
function inodePath(fileId: number): string {
  return `/.reserved/.inodes/${fileId}`;
}

export function isException(thrown: unknown, ...names: readonly string[]): boolean {
  return thrown instanceof WebHdfsFailure && names.includes(thrown.exception ?? '');
}

function ifMissing<T>(instead: T): (thrown: unknown) => T {
  return (thrown) => {
    if (isException(thrown, 'FileNotFoundException')) return instead;
    throw thrown;
  };
}

/** A body of unknown length whose bytes are counted. */
export function counted(body: AsyncIterable<Uint8Array>): { readonly stream: Readable; readonly bytes: () => number } {
  let bytes = 0;
  async function* counting(): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      bytes += chunk.length;
      yield chunk;
    }
  }
  return { stream: Readable.from(counting(), { objectMode: false }), bytes: () => bytes };
}

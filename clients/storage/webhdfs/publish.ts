import { unfinishedName } from '../keys';
import type { Body, ObjectVersion } from '../storage';
import { versionOf, type FileStatus } from './file-status';
import { counted, type Files } from './files';
import { WebHdfsFailure } from './webhdfs-errors';

/** A complete file that does not have its name yet. */
export interface Staged {
  readonly path: string;
  readonly status: FileStatus;
  readonly version: ObjectVersion;
}

/** Writes a file as a whole. */
export async function publish(files: Files, path: string, body: Body, signal?: AbortSignal): Promise<ObjectVersion> {
  const staged = await stage(files, path, body, signal);
  return orRemoved(files, staged.path, async () => {
    if (await renamed(files, staged, path, true, signal)) return staged.version;
    throw new WebHdfsFailure('something else has the name of the file', 400);
  });
}

/** The same if the name does not exist, else undefined. */
export async function publishAbsent(
  files: Files,
  path: string,
  body: Body,
  signal?: AbortSignal,
): Promise<ObjectVersion | undefined> {
  const staged = await stage(files, path, body, signal);
  return orRemoved(files, staged.path, async () => {
    if (await renamed(files, staged, path, false, signal)) return staged.version;
    await files.remove(staged.path, signal);
    return undefined;
  });
}

/** Writes a body to a temporary file. We never leave a part of it there, unless we are killed. */
export async function stage(files: Files, path: string, body: Body, signal?: AbortSignal): Promise<Staged> {
  const next = unfinishedName(path);
  return orRemoved(files, next, async () => {
    const bytes = await send(files, next, body, signal);
    const status = await files.status(next, signal);
    if (status?.length !== bytes) throw new WebHdfsFailure(`${status?.length ?? 0} of ${bytes} bytes arrived`, 500);
    return { path: next, status, version: versionOf(status) };
  });
}

async function send(files: Files, path: string, body: Body, signal?: AbortSignal): Promise<number> {
  if (body instanceof Uint8Array) {
    await files.create(path, body, signal);
    return body.length;
  }
  const { stream, bytes } = counted(body);
  try {
    await files.create(path, stream, signal);
  } finally {
    stream.destroy();
  }
  return bytes();
}

/** Also true if the answer to a rename was lost and the repeated rename found nothing to do. */
async function renamed(
  files: Files,
  { path, status }: Staged,
  to: string,
  over: boolean,
  signal?: AbortSignal,
): Promise<boolean> {
  if (await files.rename(path, to, over, signal)) return true;
  return status.fileId !== 0 && (await files.status(to, signal))?.fileId === status.fileId;
}

/** Removes a file that was to get another name if that failed. */
async function orRemoved<T>(files: Files, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    // Without the signal, which may be the reason of the failure. removeUnfinished removes what is left if this fails.
    await files.remove(path).catch(() => undefined);
    throw thrown;
  }
}

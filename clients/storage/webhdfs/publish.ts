import { unfinishedName } from '../keys';
import type { Body, ObjectVersion } from '../storage';
import { versionOf, type FileStatus } from './file-status';
import { counted, type Files } from './files';
import { WebHdfsFailure } from './webhdfs-errors';

/** A file that is complete and has not got its name yet. */
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

/** The same where nothing has that name, else undefined. */
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

/** Writes a body beside its place. A part of it is never left there by us, unless we are killed. */
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

/** Also true where the answer to a rename got lost, and the repeated one found nothing to rename. */
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

/** Removes a file that was to get another name where that failed. */
async function orRemoved<T>(files: Files, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    // Without the signal, which may be why; what fails here is left for removeUnfinished.
    await files.remove(path).catch(() => undefined);
    throw thrown;
  }
}

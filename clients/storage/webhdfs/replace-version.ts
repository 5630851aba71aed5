import type { Body, ObjectVersion } from '../storage';
import { versionOf } from './file-status';
import { isException, type Files } from './files';
import { stage } from './publish';
import { WebHdfsFailure } from './webhdfs-errors';

/**
 * An attribute of the replaced file: the name of the file that replaces it. It ends with a number for each claim that
 * came to nothing.
 */
const CLAIM = 'user.daybreak.next';
/** The limit is reached only if this many writers died on one version, each between two requests. */
const CLAIMS = 100;

/**
 * Replaces one version of a file by another; undefined if the file does not have that version any more. HDFS has no
 * such operation. It consists of three steps that are atomic in the NameNode, without locks and clocks:
 *
 * 1. The new content is a file of its own, under a unique name.
 * 2. An extended attribute of the old file, by its inode, is set to that name if it is not set yet: one successor
 *    claims each version. An inode number is never used again.
 * 3. The new file is renamed over the old one. That can happen only once, since its first name is then gone. It
 *    replaces the old version, since nobody replaces that without its claim.
 *
 * A writer that finds another's claim has lost. It does step 3 for the owner, who may have been killed. If the claim's
 * file is gone and the old version is still there, the claim will never be fulfilled, and the next claim is made.
 * Writers that use other means are not noticed.
 */
export async function replaceVersion(
  files: Files,
  path: string,
  body: Body,
  version: ObjectVersion,
  signal?: AbortSignal,
): Promise<ObjectVersion | undefined> {
  const before = await files.status(path, signal);
  if (before?.type !== 'FILE' || versionOf(before) !== version) return undefined;
  if (before.fileId === 0) throw new WebHdfsFailure('this gateway does not tell a file’s inode', 400);
  const staged = await stage(files, path, body, signal);
  const give = async (): Promise<undefined> => {
    await files.remove(staged.path, signal);
    return undefined;
  };
  const isBefore = async (): Promise<boolean> => (await files.status(path, signal))?.fileId === before.fileId;

  for (let number = 1; number <= CLAIMS; number += 1) {
    const name = `${CLAIM}.${number}`;
    const claim = await claimed(files, before.fileId, name, staged.path, signal);
    if (claim === undefined) return give();
    const done = await files.rename(claim, path, true, signal);
    if (claim === staged.path) {
      // Renamed by us, or by a writer that found our claim. If it was not renamed, it never will be: somebody removed
      // the unfinished files.
      return done || !(await isBefore()) ? staged.version : undefined;
    }
    if (done || !(await isBefore())) return give();
  }
  await give();
  throw new WebHdfsFailure(`${CLAIMS} writers have claimed this version and none came to an end`, 400);
}

/** The holder of the claim of that name, maybe we; undefined if the inode, and with it the version, is gone. */
async function claimed(
  files: Files,
  fileId: number,
  name: string,
  own: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  try {
    if (await files.setOnce(fileId, name, own, signal)) return own;
  } catch (thrown) {
    if (isException(thrown, 'FileNotFoundException')) return undefined;
    throw thrown;
  }
  return files.attribute(fileId, name, signal);
}

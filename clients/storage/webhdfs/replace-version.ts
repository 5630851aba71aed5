import type { Body, ObjectVersion } from '../storage';
import { versionOf } from './file-status';
import { isException, type Files } from './files';
import { stage } from './publish';
import { WebHdfsFailure } from './webhdfs-errors';

/** On the file that is replaced: where the file is that replaces it. With a number for each claim that came to nothing. */
const CLAIM = 'user.daybreak.next';
/** So many writers died, each between two requests, on one version. */
const CLAIMS = 100;

/**
 * Replaces one version of a file by another; undefined where it is not there any more. HDFS has no such operation; it is
 * made of three that are atomic in the NameNode, without locks and clocks:
 *
 * 1. The new content is a file of its own, under a name that nobody else has.
 * 2. An extended attribute of the old file, by its inode, is set to that name, if it is not set yet: each version is claimed
 *    by one successor. An inode's number is never used again.
 * 3. The new file is renamed over the old one. That can happen once, since then its first name is gone; and whatever had
 *    the name until then was the old version, since nobody replaces it without its claim.
 *
 * Who finds a claim does step 3 for its owner, who may have been killed, and has lost. Where the claim's file is gone and the
 * old version is still there, the claim will never be fulfilled, and the next one is made. Who writes to the key by other
 * means is not seen.
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
      // Renamed by us, or by who found our claim. Not renamed, and never to be: somebody cleared what was unfinished.
      return done || !(await isBefore()) ? staged.version : undefined;
    }
    if (done || !(await isBefore())) return give();
  }
  await give();
  throw new WebHdfsFailure(`${CLAIMS} writers have claimed this version and none came to an end`, 400);
}

/** Who has the claim of that name, maybe we; undefined where the inode is gone, and with it the version. */
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

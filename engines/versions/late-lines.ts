import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { InputFile } from '../../domain/day-manifest';
import type { Framing } from '../../domain/pipeline';
import { unpackedName } from '../input/compression';
import { foreignReason, unpackedFrom } from '../input/file-bytes';
import { hashFile } from '../input/hash-file';
import { unreadable, type ListedFile } from '../input/listed-file';
import { BYTES_THAT_SAY_FRAMING, framingFault, JsonFraming } from '../input/framing/json-framing';
import { countLineFeeds } from '../input/framing/line-feeds';

/** The state of a file when the day was built. */
export interface KnownFile {
  /** Undefined if the build had no such file. */
  readonly input: InputFile | undefined;
  readonly stamp: string | undefined;
}

/**
 * Finds the file that the build read. A file that was compressed or unpacked since then is the same file under a new
 * name: with the same lines it is no change. To find that out, each scan unpacks it until the day is built again.
 */
export function knownFiles(inputs: readonly InputFile[]): (file: string) => InputFile | undefined {
  const byName = new Map(inputs.map((input) => [input.file, input]));
  const byPlainName = new Map(inputs.map((input) => [unpackedName(input.file), input]));
  return (file) => byName.get(file) ?? byPlainName.get(unpackedName(file));
}

/**
 * Lines that came since the build; undefined if the file did not change. If anything but an addition at the end
 * changed, all its lines count. Parts of a compressed file that cannot be read do not count. Throws UNREADABLE_INPUT.
 */
export async function linesSince(
  file: ListedFile,
  { input, stamp }: KnownFile,
  framing: Framing,
): Promise<number | undefined> {
  const isSame = input?.file === file.file && input.bytes === file.bytes && file.stamp !== '' && stamp === file.stamp;
  if (isSame) return undefined;
  if ((await foreignReason(file)) !== undefined) return 0;
  await file.fetch?.();
  try {
    if (input === undefined) return (await readLines(file, 0, framing)).lines;
    if (input.file !== file.file) {
      const { lines, sha256 } = await readLines(file, 0, framing);
      return sha256 === input.sha256 ? undefined : lines;
    }
    if (input.bytes === file.bytes) {
      return (await hashFile(file.path)).sha256 === input.sha256
        ? undefined
        : (await readLines(file, 0, framing)).lines;
    }
    const grew = file.bytes > input.bytes && (await hashStart(file.path, input.bytes)) === input.sha256;
    return (await readLines(file, grew ? input.bytes : 0, framing)).lines;
  } catch (cause) {
    throw unreadable(file.path, cause);
  }
}

async function hashStart(path: string, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  if (bytes > 0) for await (const chunk of createReadStream(path, { end: bytes - 1 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/**
 * The number of lines from byte `start` on, and the SHA-256 (hex) of the unpacked content. No lines if the file's
 * format is not read.
 */
async function readLines(
  file: ListedFile,
  start: number,
  framing: Framing,
): Promise<{ lines: number; sha256: string }> {
  const hash = createHash('sha256');
  const reader = framing === 'json' ? new JsonFraming() : undefined;
  let [lines, last] = [0, LINE_FEED];
  let beginning = Buffer.alloc(0);
  for await (const chunk of unpackedFrom(file, start)) {
    hash.update(chunk);
    if (start === 0 && beginning.length <= BYTES_THAT_SAY_FRAMING) beginning = Buffer.concat([beginning, chunk]);
    const text = reader?.lines(chunk) ?? chunk;
    lines += countLineFeeds(text);
    last = text.at(-1) ?? last;
  }
  const isRead = framingFault(framing, beginning) === undefined;
  return { lines: isRead ? lines + (last === LINE_FEED ? 0 : 1) : 0, sha256: hash.digest('hex') };
}

const LINE_FEED = 10;

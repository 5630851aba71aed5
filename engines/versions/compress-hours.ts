import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { DaybreakError } from '../../domain/errors';
import type { Compression } from '../../domain/pipeline';
import { Semaphore } from '../../domain/semaphore';
import { settled } from './settled';
import type { BuildContext, TargetHour } from '../model/build-plan';

/** Three times as fast as zlib's default, for a tenth more bytes. */
const GZIP_LEVEL = 2;

/**
 * Compresses the files of built hours in their folder. Their bytes and checksums are then those of the compressed
 * files. See `requireCompression`.
 */
export async function compressHours(
  hours: ReadonlyMap<string, TargetHour>,
  compression: Compression,
  { folder, threads, signal }: Pick<BuildContext, 'folder' | 'threads' | 'signal'>,
): Promise<ReadonlyMap<string, TargetHour>> {
  if (compression === 'none') return hours;
  const { ending, packer } = PACKERS[compression];
  const places = new Semaphore(threads);
  // The largest come first, so that the last ones end at about the same time.
  const compressed = [...hours]
    .sort(([, one], [, other]) => other.bytes - one.bytes)
    .map(([name, hour]) =>
      places.run(async (): Promise<[string, TargetHour]> => {
        // Before any file is opened, which nobody would close.
        const packing = packer();
        const file = `${hour.file}${ending}`;
        const digest = new Digest();
        const target = createWriteStream(join(folder, file));
        await pipeline(createReadStream(join(folder, hour.file)), packing, digest, target, { signal });
        await rm(join(folder, hour.file));
        return [name, { ...hour, file, bytes: digest.bytes, sha256: digest.sha256() }];
      }),
    );
  return new Map(await settled(compressed));
}

const PACKERS = {
  gzip: { ending: '.gz', packer: () => zlib.createGzip({ level: GZIP_LEVEL }) },
  zstd: { ending: '.zst', packer: createZstd },
} as const;

/** Throws MISSING_TOOL if this Node cannot compress so. */
export function requireCompression(compression: Compression): void {
  if (compression === 'zstd') createZstd().destroy();
}

/** Node has it since 22.15; the types of Node 20 do not know it. */
function createZstd(): Transform {
  const { createZstdCompress } = zlib as { readonly createZstdCompress?: () => Transform };
  if (createZstdCompress !== undefined) return createZstdCompress();
  throw new DaybreakError('MISSING_TOOL', {
    what: `Node ${process.versions.node} cannot compress with zstd`,
    remedy: 'Use Node 22.15 or newer, or set output.compression to gzip.',
  });
}

/** Passes bytes on, and counts and hashes them. */
class Digest extends Transform {
  bytes = 0;
  readonly #hash = createHash('sha256');

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    this.bytes += chunk.length;
    this.#hash.update(chunk);
    done(null, chunk);
  }

  sha256(): string {
    return this.#hash.digest('hex');
  }
}

import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Pipeline } from '../../domain/pipeline';
import { BadLines } from '../duckdb/stage/bad-lines';
import { NotWhole, type ReadFile } from '../input/file-bytes';
import { countLineFeeds } from '../input/framing/line-feeds';
import { readChunks } from '../input/line-chunks';
import type { ListedFile } from '../input/listed-file';

/** A file whose lines were written down for Spark's tasks, one after another, each with its line feed. */
export interface OddFile {
  /** Absolute path of the lines. */
  readonly path: string;
  readonly bytes: number;
  readonly read: ReadFile;
  /** The lines for which a stand-in was written. */
  readonly unreadable: BadLines;
}

/**
 * Reads a file that is not plainly one of lines, such as a damaged one, by the same rules as the engine duckdb. Throws
 * UNREADABLE_INPUT.
 */
export async function readOddFile(
  file: ListedFile,
  { events, files }: Pipeline,
  { folder, name, signal }: { readonly folder: string; readonly name: string; readonly signal: AbortSignal },
): Promise<OddFile> {
  const path = join(folder, `${name}.lines`);
  const unreadable = new BadLines(join(folder, `${name}.bad`));
  const attempt = async (carefully: boolean): Promise<ReadFile> => {
    let read: ReadFile | undefined;
    let lines = 0;
    async function* content(): AsyncGenerator<Buffer> {
      const options = { carefully, maximumBytes: events.maximumBytes, framing: files.framing };
      for await (const chunk of readChunks([file], { ...options, onFile: (_, found) => (read = found) })) {
        for (const [line, fault] of chunk.unreadable) await unreadable.add(lines + line, fault);
        lines += countLineFeeds(chunk.text) + 1;
        // Copied: a chunk is valid only until the next one is asked for.
        yield Buffer.concat([chunk.text, LINE_FEED]);
      }
    }
    await pipeline(Readable.from(content()), createWriteStream(path), { signal });
    if (read === undefined) throw new Error(`the end of ${file.file} was not reached`);
    return read;
  };
  const read = await attempt(false).catch(async (thrown: unknown) => {
    if (!(thrown instanceof NotWhole)) throw thrown;
    await unreadable.remove();
    return attempt(true);
  });
  return { path, bytes: (await stat(path)).size, read, unreadable };
}

const LINE_FEED = Buffer.from('\n');

import type { Framing } from '../../domain/pipeline';
import { isPacked } from './compression';
import { isLinesOfText } from './file-bytes';
import type { ListedFile } from './listed-file';

/** Files, or a part of one file, that are read at a time. */
export type Piece = readonly ListedFile[];

/** How often the bytes of a compressed file its text has, about. It only decides which files are read together. */
const UNPACKED = 8;

/**
 * An hour's files in pieces of about `bytes`, in their order. Their content and sizes alone decide where a piece begins.
 * A plain local file that has a record a line is cut at each multiple of `bytes`; any other is a whole piece or a part of
 * one.
 */
export async function piecesOf(
  files: readonly ListedFile[],
  { bytes, framing }: { readonly bytes: number; readonly framing: Framing },
): Promise<Piece[]> {
  const pieces: Piece[] = [];
  let [together, size]: [ListedFile[], number] = [[], 0];
  const end = (): void => {
    if (together.length > 0) pieces.push(together);
    [together, size] = [[], 0];
  };
  for (const file of files) {
    if (await isCut(file, bytes, framing)) {
      end();
      for (let from = 0; from < file.bytes; from += bytes) {
        pieces.push([{ ...file, range: { from, to: Math.min(from + bytes, file.bytes), end: file.bytes } }]);
      }
      continue;
    }
    const estimate = isPacked(file.file) ? UNPACKED * file.bytes : file.bytes;
    if (size + estimate > bytes) end();
    together.push(file);
    size += estimate;
  }
  end();
  return pieces;
}

async function isCut(file: ListedFile, bytes: number, framing: Framing): Promise<boolean> {
  const mayBe = framing === 'lines' && file.bytes > bytes && file.unread === undefined && file.fetch === undefined;
  return mayBe && (await isLinesOfText(file));
}

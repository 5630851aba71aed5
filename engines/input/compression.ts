/** How the bytes of a file are packed. */
export type Compression = 'none' | 'gzip' | 'zstd';

/** By name. Some systems write names in capitals. */
const PACKED = /\.(?:gz|zst|zstd)$/i;
/** Endings that shippers add to a name for formats that Daybreak does not read. */
const FOREIGN_ENDINGS = 'bz2|xz|lzma|lz4|lzo|snappy|sz|br|z|zz|deflate|zip|7z|parquet|avro|orc';
/** Names of files in formats that Daybreak does not read. */
const FOREIGN = new RegExp(`\\.(${FOREIGN_ENDINGS}|rar|tar|tgz|arrow|feather)$`, 'i');

/**
 * The endings that a file may have in addition to the pattern. gzip and zstd are read; the others are reported as
 * unread.
 */
export const ADDED_ENDING = new RegExp(`^(?:\\.(?:gz|zst|zstd|${FOREIGN_ENDINGS}))?$`, 'i');

/** Whether a file is named as one of zstd. */
export function isZstd(file: string): boolean {
  return /\.zstd?$/i.test(file);
}

/** Whether a file is named as one of a format that Daybreak does not read. Its content may be another one. */
export function isNamedForeign(file: string): boolean {
  return FOREIGN.test(file);
}

/** What the contents of a file begin with. Source: each format's specification. */
const MAGIC: readonly (readonly [format: string, magic: RegExp])[] = [
  ['gzip', /^1f8b08/],
  ['zstd', /^28b52ffd/],
  // A skippable frame, which pzstd and others begin with.
  ['zstd', /^5.2a4d18/],
  ['bzip2', /^425a683[1-9](?:314159265359|177245385090)/],
  ['xz', /^fd377a585a00/],
  ['LZ4', /^04224d18/],
  ['Snappy', /^ff060000734e61507059/],
  ['ZIP', /^504b0304/],
  ['Avro', /^4f626a01/],
  ['SequenceFile', /^53455106/],
];
/** As writers begin it. Text of Latin-1 can begin with these bytes, too, but has no control characters. */
const ZLIB = /^78(?:01|9c|da)/;
/** Letters alone: what begins with them is text, as a header of a CSV file, unless it holds a zero byte. */
const MAGIC_OF_LETTERS = [
  ['Parquet', 'PAR1'],
  ['ORC', 'ORC'],
] as const;

const BEGINS_AS_JSON = /^(?:\ufeff)?\s*[[{]/;
/** A line that begins as an object, or as an array of them. What follows its first name can be torn, cut or no text. */
const LINE_BEGINS_AS_OBJECT = /^[\ufeff \t[,]*\{\s*(?:"(?:[^"\\\n]|\\.)*"\s*:|\}\s*$)/m;
const [TAB, RETURN, ESCAPE, BLANK] = [0x09, 0x0d, 0x1b, 0x20];
const MAGIC_BYTES = 10;
/** Where a tar has its magic: behind a name, which can be any text, and zero bytes. */
const TAR = { at: 257, magic: 'ustar' } as const;

/** How many bytes from the beginning of a file show its format. */
export const BEGINNING_OF_FILE = 512;

/** Whether a file's name says that it is compressed in a format that Daybreak reads. */
export function isPacked(file: string): boolean {
  return PACKED.test(file);
}

/** The name of a file after decompression. */
export function unpackedName(file: string): string {
  return file.replace(PACKED, '');
}

const WHAT_IS_READ = 'and files are read that are plain, gzip (.gz) or zstd (.zst)';

/**
 * How a file is packed, by its first bytes. Its name decides only if they are neither JSON nor known: what is named as
 * packed and is not is damaged, and left to the unpacking to say so. `foreign` says why a file of another format is not
 * read.
 */
export function compressionOf(file: string, beginning: Buffer): Compression | { readonly foreign: string } {
  const format = formatOf(beginning);
  if (format === 'gzip' || format === 'zstd') return format;
  if (format !== undefined) return { foreign: `its content is ${format}, ${WHAT_IS_READ}` };
  if (beginning.length === 0) return 'none';
  const [, ending] = FOREIGN.exec(file) ?? [];
  // Brotli can begin with a bracket, too, but is no text.
  const mayBeText = ending === undefined || !holdsControls(beginning);
  if (mayBeText && BEGINS_AS_JSON.test(beginning.toString('utf8'))) return 'none';
  if (ending !== undefined) return { foreign: `it is a .${ending.toLowerCase()} file, ${WHAT_IS_READ}` };
  if (!isPacked(file)) return 'none';
  return isZstd(file) ? 'zstd' : 'gzip';
}

/** Why unpacked content is not read: it is packed once more. `beginning` has BEGINNING_OF_FILE bytes, or all. */
export function packedAgain(compression: Compression, beginning: Buffer): string | undefined {
  const format = compression === 'none' ? undefined : formatOf(beginning);
  return format && `its content is ${format} within ${compression}, ${WHAT_IS_READ}`;
}

/**
 * Why unpacked content is not read: it is no text. Undefined if a line of it begins as an object: one that is torn or
 * binary is a bad record. So are a few bytes, and zeros at the beginning, which a power cut leaves.
 */
export function binaryFault(beginning: Buffer): string | undefined {
  const start = beginning.findIndex((byte) => byte !== 0);
  const content = beginning.subarray(start === -1 ? beginning.length : start);
  if (content.length < BEGINNING_OF_FILE || LINE_BEGINS_AS_OBJECT.test(content.toString('utf8'))) return undefined;
  return holdsControls(content) ? `its content is no text, ${WHAT_IS_READ}` : undefined;
}

/** Whether there are control characters, which text in no charset has. Text in colours has escapes alone. */
function holdsControls(bytes: Buffer): boolean {
  return bytes.some((byte) => byte < TAB || (byte > RETURN && byte < BLANK && byte !== ESCAPE));
}

function formatOf(beginning: Buffer): string | undefined {
  const hex = beginning.toString('hex', 0, MAGIC_BYTES);
  const [format] = MAGIC.find(([, magic]) => magic.test(hex)) ?? [];
  if (format !== undefined) return format;
  if (ZLIB.test(hex) && holdsControls(beginning)) return 'zlib';
  if (!beginning.includes(0)) return undefined;
  if (beginning.toString('latin1', TAR.at, TAR.at + TAR.magic.length) === TAR.magic) return 'tar';
  return MAGIC_OF_LETTERS.find(([, letters]) => beginning.toString('latin1').startsWith(letters))?.[0];
}

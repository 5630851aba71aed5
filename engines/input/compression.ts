/** How the bytes of a file are packed. */
export type Compression = 'none' | 'gzip' | 'zstd';

/** By name. Some systems write names in capitals. */
const PACKED = /\.(?:gz|zst|zstd)$/i;
/** Formats in which files are often compressed or written, and which Daybreak does not read. */
const FOREIGN = /\.(bz2|xz|lzma|lz4|lzo|snappy|sz|br|z|zip|7z|rar|tar|tgz|parquet|avro|orc|arrow|feather)$/i;

/** The first bytes of a file. Source: each format's specification. */
const MAGIC = [
  ['gzip', '1f8b08'],
  ['zstd', '28b52ffd'],
  // A skippable frame, with which files of pzstd and other programs begin.
  ['zstd', '502a4d18'],
  ['bzip2', '425a68'],
  ['xz', 'fd377a585a00'],
  ['LZ4', '04224d18'],
  ['Snappy', 'ff060000734e61507059'],
  ['ZIP', '504b0304'],
  ['Parquet', '50415231'],
  ['ORC', '4f5243'],
  ['Avro', '4f626a01'],
] as const;
const MAGIC_BYTES = 10;

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

/** Why a file of this name is not read; undefined if it is read. */
export function foreignName(file: string): string | undefined {
  const [, ending] = FOREIGN.exec(file) ?? [];
  return ending === undefined ? undefined : `it is a .${ending.toLowerCase()} file, ${WHAT_IS_READ}`;
}

const WHAT_IS_READ = 'and files are read that are plain, gzip (.gz) or zstd (.zst)';

/**
 * How a file is packed. Its first bytes decide, whatever its name says. A file that is named as packed, but begins like
 * neither packed data nor text, is damaged: unpacking reports that. `foreign` says why a file of another format is not
 * read.
 */
export function compressionOf(file: string, beginning: Buffer): Compression | { readonly foreign: string } {
  const hex = beginning.toString('hex', 0, MAGIC_BYTES);
  const [format] = MAGIC.find(([, magic]) => hex.startsWith(magic)) ?? [];
  if (format === 'gzip' || format === 'zstd') return format;
  if (format !== undefined) return { foreign: `its content is ${format}, ${WHAT_IS_READ}` };
  if (!isPacked(file) || /^(?:\ufeff)?\s*[[{]/.test(beginning.toString('utf8'))) return 'none';
  return /gz$/i.test(file) ? 'gzip' : 'zstd';
}

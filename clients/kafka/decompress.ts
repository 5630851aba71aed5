import { decompress as unzstd } from 'fzstd';
import { decompressFrame } from 'lz4-napi';
import { promisify } from 'node:util';
import { gunzip, gunzipSync } from 'node:zlib';
import { uncompress } from 'snappy';

const gunzipInThread = promisify(gunzip);
/** Below this many compressed bytes, a thread's hand-over costs more than inflating here. */
const INFLATE_HERE = 16_384;

/** By the number of a codec in a record batch's attributes. */
const CODECS: readonly ((payload: Buffer) => Buffer | Promise<Buffer>)[] = [
  (payload) => payload,
  (payload) => (payload.length < INFLATE_HERE ? gunzipSync(payload) : gunzipInThread(payload)),
  unsnappy,
  (payload) => decompressFrame(payload),
  (payload) => Buffer.from(unzstd(payload)),
];

/** The records of a batch; undefined where no such codec is known. */
export async function decompress(codec: number, payload: Buffer): Promise<Buffer | undefined> {
  return await CODECS[codec]?.(payload);
}

/** How Java's clients begin what they compress with snappy: blocks behind their lengths. Others send one bare block. */
const JAVA_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const JAVA_HEADER_BYTES = 16;

async function unsnappy(payload: Buffer): Promise<Buffer> {
  if (!payload.subarray(0, JAVA_MAGIC.length).equals(JAVA_MAGIC)) return await block(payload);
  const blocks: Buffer[] = [];
  for (let at = JAVA_HEADER_BYTES; at < payload.length;) {
    const start = at + 4;
    at = start + payload.readInt32BE(at);
    blocks.push(await block(payload.subarray(start, at)));
  }
  return Buffer.concat(blocks);
}

async function block(compressed: Buffer): Promise<Buffer> {
  const bytes = await uncompress(compressed, { asBuffer: true });
  return typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
}

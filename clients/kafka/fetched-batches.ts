import { crc32c } from '@node-rs/crc32';
import { DaybreakError } from '../../domain/errors';
import type { FetchedRecords } from './fetch';

/** The parts of a fetch that are read. */
export type RecordSource = Omit<FetchedRecords, 'highWatermark'>;

const HEADER_BYTES = 61;

/** The header of a record batch, and its records as received. */
export interface Batch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly codec: number;
  readonly isLogAppendTime: boolean;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  readonly firstTimestamp: number;
  readonly maxTimestamp: number;
  readonly producerId: bigint;
  readonly records: number;
  /** CRC-32C of `checked`: the bytes of all fields above except the base offset, and of the payload. */
  readonly checksum: number;
  readonly checked: Buffer;
  readonly payload: Buffer;
}

/**
 * Throws if the bytes of a batch differ from those that its producer wrote. A mebibyte takes a third of a millisecond.
 */
export function* soundBatchesOf(source: RecordSource): Generator<Batch> {
  for (const batch of batchesOf(source)) {
    if (crc32c(batch.checked) !== batch.checksum) {
      // The header may be what is damaged. Its two counts of the records agree only if it is not.
      const isHeaderSound = batch.lastOffset + 1 - batch.baseOffset === batch.records;
      const { baseOffset, lastOffset } = batch;
      throw unreadable(
        source,
        isHeaderSound ? { baseOffset, lastOffset } : { baseOffset },
        'a wrong checksum',
        CHECK_THE_DISK,
      );
    }
    yield batch;
  }
}

/** A broker cuts a fetch at a number of bytes, so the last batch may be incomplete. It is fetched again. */
function* batchesOf(source: RecordSource): Generator<Batch> {
  const { recordSet } = source;
  let at = 0;
  while (at + HEADER_BYTES <= recordSet.length) {
    const end = at + 12 + recordSet.readInt32BE(at + 8);
    // A broker gives the first one whole, however large it is.
    if (end > recordSet.length && at > 0) return;
    const baseOffset = Number(recordSet.readBigInt64BE(at));
    if (end < at + HEADER_BYTES || end > recordSet.length)
      throw unreadable(source, { baseOffset }, 'damaged content', CHECK_THE_DISK);
    const magic = recordSet.readInt8(at + 16);
    if (magic !== 2) throw unreadable(source, { baseOffset }, `record format ${magic}`, 'Kafka 4 holds only format 2.');
    const attributes = recordSet.readInt16BE(at + 21);
    yield {
      baseOffset,
      lastOffset: baseOffset + recordSet.readInt32BE(at + 23),
      codec: attributes & 7,
      isLogAppendTime: (attributes & 8) !== 0,
      isTransactional: (attributes & 16) !== 0,
      isControl: (attributes & 32) !== 0,
      firstTimestamp: Number(recordSet.readBigInt64BE(at + 27)),
      maxTimestamp: Number(recordSet.readBigInt64BE(at + 35)),
      producerId: recordSet.readBigInt64BE(at + 43),
      records: recordSet.readInt32BE(at + 57),
      checksum: recordSet.readUInt32BE(at + 17),
      checked: recordSet.subarray(at + 21, end),
      payload: recordSet.subarray(at + HEADER_BYTES, end),
    };
    at = end;
  }
}

/**
 * The offset behind the last complete record batch of a fetch, or behind the last one before a batch that cannot be read;
 * undefined if there is none. Throws if the first one cannot be read.
 */
export function endOfRecords(source: RecordSource): number | undefined {
  let end: number | undefined;
  try {
    for (const batch of batchesOf(source)) end = batch.lastOffset + 1;
  } catch (thrown) {
    if (end === undefined) throw thrown;
  }
  return end;
}

/** A record batch that nobody can read, however often it is fetched. */
export class UnreadableBatch extends DaybreakError {
  /** The offset behind the batch; undefined if its header does not say it for sure. */
  readonly end: number | undefined;

  constructor(end: number | undefined, details: ConstructorParameters<typeof DaybreakError>[1]) {
    super('KAFKA_REFUSED', details);
    this.end = end;
  }
}

export const CHECK_THE_DISK = "Read the broker's log, and check its disk.";

/** @param batch without its last offset if its header does not say it for sure. */
export function unreadable(
  { topic, partition }: RecordSource,
  { baseOffset, lastOffset }: Pick<Batch, 'baseOffset'> & Partial<Pick<Batch, 'lastOffset'>>,
  what: string,
  remedy: string,
  cause?: unknown,
): UnreadableBatch {
  const place = `the record batch of ${topic}/${partition} at offset ${baseOffset}`;
  const end = lastOffset === undefined ? undefined : lastOffset + 1;
  return new UnreadableBatch(end, { what: `${place} has ${what}`, remedy, cause });
}

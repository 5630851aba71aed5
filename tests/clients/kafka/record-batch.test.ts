import { encodeRecordBatch, recordSize } from '../../../clients/kafka/record-batch';

/** CRC-32C bit by bit, as RFC 3720 defines it. */
function crc32cOf(bytes: Buffer): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0x82f6_3b78 & -(crc & 1));
  }
  return ~crc >>> 0;
}

it('covers a batch by its checksum from the attributes on', async () => {
  const record = { key: Buffer.from('key'), value: 'value' };
  const batch = await encodeRecordBatch([record], recordSize(record), {
    producerId: 1n,
    producerEpoch: 0,
    firstSequence: 0,
  });
  expect(crc32cOf(Buffer.from('123456789'))).toBe(0xe306_9283);
  expect(batch.readUInt32BE(17)).toBe(crc32cOf(batch.subarray(21)));
});

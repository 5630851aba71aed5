import type { Payload, PayloadConverter } from '@temporalio/common';
import { join } from 'node:path';

/** Loaded by its path, as the SDK does. */
const loaded = import(join(process.cwd(), 'worker/payload-converter.cjs')) as Promise<{
  readonly payloadConverter: PayloadConverter;
}>;
const payload = (encoding: string): Payload => ({
  metadata: { encoding: Buffer.from(encoding) },
  data: Buffer.from('{'),
});

it.each(['json/plain', 'binary/unknown', ''])(
  'takes a payload of %p that cannot be decoded for none',
  async (encoding) => {
    const { payloadConverter } = await loaded;
    expect(payloadConverter.fromPayload(payload(encoding))).toBeUndefined();
  },
);

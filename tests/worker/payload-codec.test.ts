import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { randomBytes } from 'node:crypto';
import { encryptingCodec, payloadKeys } from '../../worker/payload-codec';

const text = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;
const [old, current] = [text('old'), text('current')];
const codecOf = (keys: string) => encryptingCodec(payloadKeys.parse(keys));
const payload = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const valueOf = ([found]: Payload[]): unknown => found && defaultPayloadConverter.fromPayload(found);
const value = { pipeline: 'events', date: '2026-11-21' };

it('gives back what it encrypted, which nobody else can read', async () => {
  const codec = codecOf(current);
  const encrypted = await codec.encode([payload(value)]);
  expect(Buffer.from(encrypted[0]?.data ?? []).toString('latin1')).not.toContain('2026');
  expect(valueOf(await codec.decode(encrypted))).toEqual(value);
});

it('encrypts the same value differently each time', async () => {
  const codec = codecOf(current);
  const [one, other] = await codec.encode([payload(value), payload(value)]);
  expect(one?.data).not.toEqual(other?.data);
});

it('still reads what an older key encrypted, and what was never encrypted', async () => {
  const before = await codecOf(old).encode([payload(value)]);
  const codec = codecOf(`${current},${old}`);
  expect(valueOf(await codec.decode(before))).toEqual(value);
  expect(valueOf(await codec.decode([payload(value)]))).toEqual(value);
  const [after] = await codec.encode([payload(value)]);
  expect(Buffer.from(after?.metadata?.['encryption-key-id'] ?? []).toString()).toBe('current');
});

it('names the key that it does not have', async () => {
  const before = await codecOf(old).encode([payload(value)]);
  await expect(codecOf(current).decode(before)).rejects.toThrow("encrypted with key 'old'");
});

it('refuses what was changed on the way', async () => {
  const codec = codecOf(current);
  const [encrypted] = await codec.encode([payload(value)]);
  const data = Buffer.from(encrypted?.data ?? []);
  data.writeUInt8(data.readUInt8(40) ^ 1, 40);
  await expect(codec.decode([{ ...encrypted, data }])).rejects.toThrow('authenticate');
});

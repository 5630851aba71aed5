import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { randomBytes } from 'node:crypto';
import { readConfig } from '../../worker/config';
import { dataConverterOf } from '../../worker/connect';
import { encryptingCodec } from '../../worker/payload-codec';
import { payloadKeys } from '../../worker/payload-keys';

const text = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;
const [old, current] = [text('old'), text('current')];
const codecOf = (keys: string, options?: { strict: boolean }) => encryptingCodec(payloadKeys.parse(keys), options);
const metadataOf = (found: Payload | undefined, name: string): string =>
  Buffer.from(found?.metadata?.[name] ?? []).toString();
const FIXED_KEY = Buffer.from('a key of 32 bytes for the tests!').toString('base64');
/** A payload that the first release encrypted. It authenticated the value and no part of its envelope. */
const OF_FIRST_RELEASE: Payload = {
  metadata: { encoding: Buffer.from('binary/encrypted'), 'encryption-key-id': Buffer.from('fixed') },
  data: Buffer.from(
    'pRDh82KfvAb6nQEXoqg6SspMwYTnxP6LOYFDjH6Wezks8JtLsI3mgP+7oNLbnvs1HQiiMSVAcLlfwZU0T4Uh9lIPIxHpI8qKb2hQLj3O69xWwDKgglg0TbZjFWPLo2k=',
    'base64',
  ),
};
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

it('refuses what was cut off, and says which key it is of', async () => {
  const codec = codecOf(current);
  const [encrypted] = await codec.encode([payload(value)]);
  for (const length of [0, 11, 12, 27, 28, 40]) {
    const data = Buffer.from(encrypted?.data ?? []).subarray(0, length);
    await expect(codec.decode([{ ...encrypted, data }])).rejects.toMatchObject({
      code: 'BAD_CONFIGURATION',
      what: expect.stringContaining("key 'current'") as string,
    });
  }
});

it('reads what the first release encrypted', async () => {
  for (const strict of [false, true]) {
    const codec = codecOf(`${current},fixed:${FIXED_KEY}`, { strict });
    expect(valueOf(await codec.decode([OF_FIRST_RELEASE]))).toEqual(value);
  }
});

describe('of the envelope', () => {
  const twoNames = `fixed:${FIXED_KEY},alias:${FIXED_KEY}`;
  const codec = codecOf(twoNames);
  const changed = async (name: string, to: string | undefined): Promise<Payload> => {
    const [encrypted] = await codec.encode([payload(value)]);
    const metadata = { ...encrypted?.metadata };
    if (to === undefined) Reflect.deleteProperty(metadata, name);
    else metadata[name] = Buffer.from(to);
    return { ...encrypted, metadata };
  };

  it('nothing is refused that is as it was', async () => {
    const [encrypted] = await codec.encode([payload(value)]);
    expect(Object.keys(encrypted?.metadata ?? {}).sort()).toEqual([
      'encoding',
      'encryption-key-id',
      'encryption-version',
    ]);
    expect(valueOf(await codec.decode([await changed('encryption-key-id', 'fixed')]))).toEqual(value);
  });

  it.each([
    ['encryption-key-id', 'alias'],
    ['encryption-version', undefined],
    ['encryption-version', '1'],
    ['encryption-version', '3'],
    ['encryption-version', ''],
  ])('%s cannot be made %s', async (name, to) => {
    await expect(codec.decode([await changed(name, to)])).rejects.toMatchObject({ code: 'BAD_CONFIGURATION' });
  });

  it('a value of the first release cannot be made one of now', async () => {
    const metadata = { ...OF_FIRST_RELEASE.metadata, 'encryption-version': Buffer.from('2') };
    await expect(codec.decode([{ ...OF_FIRST_RELEASE, metadata }])).rejects.toThrow('authenticate');
  });
});

describe('strict', () => {
  const codec = codecOf(`${current},${old}`, { strict: true });

  it.each([
    ['a plain value', payload(value)],
    ['no value', payload(undefined)],
    ['bytes', payload(Buffer.from('x'))],
    ['a value without metadata', { data: Buffer.from('{}') }],
    [
      'an encoding that only looks like ours',
      { ...OF_FIRST_RELEASE, metadata: { encoding: Buffer.from('binary/encrypted ') } },
    ],
  ])('it refuses %s, alone and among encrypted ones', async (_, plain) => {
    const [encrypted] = await codec.encode([payload(value)]);
    for (const payloads of [[plain], [encrypted ?? plain, plain]]) {
      await expect(codec.decode(payloads)).rejects.toMatchObject({
        code: 'BAD_CONFIGURATION',
        remedy: expect.stringContaining('DAYBREAK_PAYLOAD_STRICT') as string,
      });
    }
  });

  it('it reads what any of its keys encrypted, and no values at all', async () => {
    expect(valueOf(await codec.decode(await codecOf(old).encode([payload(value)])))).toEqual(value);
    expect(await codec.decode([])).toEqual([]);
  });
});

it('a change of keys: no step of it leaves a value that a worker of the step before or after cannot read', async () => {
  // The steps of docs/security.md: first every process can read the new key, then it encrypts, then the old one is
  // removed.
  const steps = [old, `${old},${current}`, `${current},${old}`, current].map((keys) => codecOf(keys));
  const used: string[] = [];
  for (const [index, codec] of steps.entries()) {
    const encrypted = await codec.encode([payload(value)]);
    used.push(metadataOf(encrypted[0], 'encryption-key-id'));
    for (const other of steps.slice(Math.max(index - 1, 0), index + 2)) {
      expect(valueOf(await other.decode(encrypted))).toEqual(value);
    }
  }
  expect(used).toEqual(['old', 'old', 'current', 'current']);
});

it('the setting reaches the client and the worker', async () => {
  const decoded = async (strict: string): Promise<unknown> => {
    const config = readConfig({ DAYBREAK_PAYLOAD_KEYS: current, DAYBREAK_PAYLOAD_STRICT: strict });
    return dataConverterOf(config).payloadCodecs?.[0]?.decode([payload(value)]);
  };
  await expect(decoded('false')).resolves.toHaveLength(1);
  await expect(decoded('true')).rejects.toMatchObject({ code: 'BAD_CONFIGURATION' });
});

it('without keys values stay as they are, and what is encrypted is refused', async () => {
  const [codec] = dataConverterOf(readConfig({})).payloadCodecs ?? [];
  const plain = payload(value);
  expect(await codec?.encode([plain])).toEqual([plain]);
  expect(await codec?.decode([plain])).toEqual([plain]);
  await expect(codec?.decode([OF_FIRST_RELEASE])).rejects.toMatchObject({
    code: 'BAD_CONFIGURATION',
    what: 'what Temporal holds is encrypted, and DAYBREAK_PAYLOAD_KEYS is not set',
  });
});

import { METADATA_ENCODING_KEY, type Payload, type PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import * as z from 'zod';
import { DaybreakError } from '../domain/errors';

/** Keys of 32 bytes by their ids; the first encrypts, every one decrypts. */
export type PayloadKeys = ReadonlyMap<string, Buffer>;

/** As in 'id:base64,id:base64'. */
export const payloadKeys = z.string().transform((text, context): PayloadKeys => {
  const keys = new Map<string, Buffer>();
  for (const part of text.split(',')) {
    const [, id, base64] = /^([\w.-]+):([A-Za-z0-9+/]+={0,2})$/.exec(part.trim()) ?? [];
    const key = Buffer.from(base64 ?? '', 'base64');
    if (id === undefined || key.length !== 32) {
      context.addIssue(`part ${keys.size + 1} is not <id>:<32 bytes in base64>`);
      return z.NEVER;
    }
    keys.set(id, key);
  }
  return keys;
});

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';

const text = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString();

/**
 * Encrypts arguments, results, heartbeats, memos and summaries before they reach Temporal. What was stored before it was
 * turned on is still read. Search attributes are not encrypted: Temporal filters by them.
 */
export function encryptingCodec(keys: PayloadKeys): PayloadCodec {
  const [current] = keys;
  const { Payload: PayloadMessage } = temporal.api.common.v1;

  function encrypt(payload: Payload): Payload {
    if (current === undefined) return payload;
    const [id, key] = current;
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, key, iv);
    const encrypted = Buffer.concat([cipher.update(PayloadMessage.encode(payload).finish()), cipher.final()]);
    return {
      metadata: { [METADATA_ENCODING_KEY]: Buffer.from(ENCODING), [KEY_ID]: Buffer.from(id) },
      data: Buffer.concat([iv, cipher.getAuthTag(), encrypted]),
    };
  }

  function decrypt(payload: Payload): Payload {
    if (text(payload.metadata?.[METADATA_ENCODING_KEY]) !== ENCODING) return payload;
    const id = text(payload.metadata?.[KEY_ID]);
    const key = keys.get(id);
    if (key === undefined) {
      throw new DaybreakError('BAD_CONFIGURATION', {
        what: `Temporal holds what was encrypted with key '${id}', which DAYBREAK_PAYLOAD_KEYS does not have`,
        remedy: 'Add that key after the current one; drop it once no run that used it is kept.',
      });
    }
    const data = Buffer.from(payload.data ?? []);
    const decipher = createDecipheriv(ALGORITHM, key, data.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(data.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    return PayloadMessage.decode(
      Buffer.concat([decipher.update(data.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]),
    );
  }

  return {
    encode: async (payloads) => Promise.resolve(payloads.map(encrypt)),
    decode: async (payloads) => Promise.resolve(payloads.map(decrypt)),
  };
}

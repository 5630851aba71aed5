import { METADATA_ENCODING_KEY, type Payload, type PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { DaybreakError } from '../domain/errors';
import type { PayloadKeys } from './payload-keys';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
/** Absent in values that the first release encrypted. That release authenticates the value but not its envelope. */
const VERSION_KEY = 'encryption-version';
const VERSION = '2';

const text = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString();

function isEncrypted({ metadata }: Payload): boolean {
  return text(metadata?.[METADATA_ENCODING_KEY]) === ENCODING;
}

/** How a stored value is encrypted, for people: 'none', or its key. */
export function encryptionOf(payload: Payload): string {
  if (!isEncrypted(payload)) return 'none';
  const { metadata } = payload;
  return `key ${text(metadata?.[KEY_ID])}${text(metadata?.[VERSION_KEY]) === VERSION ? '' : ' in an earlier form'}`;
}

/** What is authenticated with the value: a changed envelope makes the value unreadable. */
function envelope(id: string): Buffer {
  return Buffer.from(JSON.stringify([ENCODING, VERSION, id]));
}

export interface CodecOptions {
  /**
   * Whether an unencrypted value is refused, since anybody who can reach Temporal can send one. Default: it is read.
   */
  readonly strict?: boolean;
}

/**
 * Encrypts arguments, results, heartbeats, memos and summaries before they reach Temporal. Values that were stored
 * before encryption was turned on are still read, unless `strict` is set. Without keys nothing is encrypted, and an
 * encrypted value is refused: no command may take it for an unknown one, and no run may end because of it. Search
 * attributes are not encrypted: Temporal filters by them.
 *
 * A value is not bound to its place: if a schedule starts a run, the SDK gives the codecs of writer and reader
 * different ids, and these ids are experimental.
 */
export function encryptingCodec(keys: PayloadKeys, { strict = false }: CodecOptions = {}): PayloadCodec {
  const [current] = keys;
  const { Payload: PayloadMessage } = temporal.api.common.v1;

  function encrypt(payload: Payload): Payload {
    if (current === undefined) return payload;
    const [id, key] = current;
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, key, iv).setAAD(envelope(id));
    const encrypted = Buffer.concat([cipher.update(PayloadMessage.encode(payload).finish()), cipher.final()]);
    return {
      metadata: {
        [METADATA_ENCODING_KEY]: Buffer.from(ENCODING),
        [KEY_ID]: Buffer.from(id),
        [VERSION_KEY]: Buffer.from(VERSION),
      },
      data: Buffer.concat([iv, cipher.getAuthTag(), encrypted]),
    };
  }

  function decrypt(payload: Payload): Payload {
    if (!isEncrypted(payload)) {
      if (strict) throw new NotEncrypted();
      return payload;
    }
    if (keys.size === 0) throw withoutKeys();
    const id = text(payload.metadata?.[KEY_ID]);
    const key = keys.get(id);
    if (key === undefined) {
      throw new DaybreakError('BAD_CONFIGURATION', {
        what: `Temporal has a value that was encrypted with key '${id}', which DAYBREAK_PAYLOAD_KEYS does not have`,
        remedy:
          'Add that key after the current one. Remove it when no run that used it is kept, and after schedule apply has encrypted the schedules with the current one.',
      });
    }
    const version = text(payload.metadata?.[VERSION_KEY]);
    if (version !== '' && version !== VERSION) throw unknownVersion(version);
    const data = Buffer.from(payload.data ?? []);
    try {
      const decipher = createDecipheriv(ALGORITHM, key, data.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
      decipher.setAuthTag(data.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      if (version === VERSION) decipher.setAAD(envelope(id));
      return PayloadMessage.decode(
        Buffer.concat([decipher.update(data.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]),
      );
    } catch (cause) {
      throw notAuthentic(id, cause);
    }
  }

  return {
    encode: async (payloads) => Promise.resolve(payloads.map(encrypt)),
    decode: async (payloads) => Promise.resolve(payloads.map(decrypt)),
  };
}

function withoutKeys(): DaybreakError {
  return new DaybreakError('BAD_CONFIGURATION', {
    what: 'what Temporal holds is encrypted, and DAYBREAK_PAYLOAD_KEYS is not set',
    remedy: 'Set DAYBREAK_PAYLOAD_KEYS for every worker and every command, as it is where the run was started.',
  });
}

/** A value that `strict` refuses. */
export class NotEncrypted extends DaybreakError {
  constructor() {
    super('BAD_CONFIGURATION', {
      what: 'Temporal has a value that is not encrypted, and DAYBREAK_PAYLOAD_STRICT refuses it',
      remedy:
        'If none of your people started the run, terminate it. While runs from before the encryption are kept, and until schedule apply has encrypted the schedules, unset DAYBREAK_PAYLOAD_STRICT.',
    });
  }
}

function unknownVersion(version: string): DaybreakError {
  return new DaybreakError('BAD_CONFIGURATION', {
    what: `Temporal has a value that was encrypted in the form ${JSON.stringify(version)}, which this release does not know`,
    remedy: 'Run the release that wrote it, or a later one.',
  });
}

function notAuthentic(id: string, cause: unknown): DaybreakError {
  return new DaybreakError('BAD_CONFIGURATION', {
    what: `a value that was encrypted with key '${id}' does not authenticate: it was changed, or this key is another one`,
    remedy: `Compare the key ${id} of DAYBREAK_PAYLOAD_KEYS with that of the other workers.`,
    cause,
  });
}

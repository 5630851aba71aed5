import { Client, type WorkflowExecutionDescription } from '@temporalio/client';
import type { WorkerOptions } from '@temporalio/worker';
import { encryptingCodec } from '../../worker/payload-codec';
import type { WorkflowTests } from './environment';
import { payloadConverterPath } from './kept-bundle';

const payloadCodecs = [encryptingCodec(new Map([['now', Buffer.alloc(32, 1)]]))];

/** For a worker with the key `now`. */
export const encryptingWorker = {
  dataConverter: { payloadConverterPath, payloadCodecs },
} satisfies Partial<WorkerOptions>;

/** A client with the same key. The client of the tests has none. */
export function encrypted({ client: { connection } }: WorkflowTests): Client {
  return new Client({ connection, dataConverter: { payloadCodecs } });
}

/** The ids of the keys of a run's memo; '' for a value that is not encrypted. */
export function keysOfMemo({ raw }: WorkflowExecutionDescription): Set<string> {
  const payloads = Object.values(raw.workflowExecutionInfo?.memo?.fields ?? {});
  return new Set(payloads.map(({ metadata }) => Buffer.from(metadata?.['encryption-key-id'] ?? []).toString()));
}

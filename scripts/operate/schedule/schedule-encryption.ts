import type { Client, ScheduleDescription } from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { encryptionOf } from '../../../worker/payload-codec';

/** How the values are encrypted that a schedule gives to its runs: 'none', a key, or several of these. */
export function encryptionOfSchedule({ raw }: ScheduleDescription): string {
  const { input, memo, userMetadata } = raw.schedule?.action?.startWorkflow ?? {};
  return described([
    ...(input?.payloads ?? []),
    ...Object.values(memo?.fields ?? {}),
    ...[userMetadata?.summary ?? [], userMetadata?.details ?? []].flat(),
  ]);
}

/** The same for a schedule that this client writes. */
export async function encryptionOfClient(client: Client): Promise<string> {
  let payloads = [defaultPayloadConverter.toPayload('')];
  for (const codec of client.options.loadedDataConverter.payloadCodecs) payloads = await codec.encode(payloads);
  return described(payloads);
}

function described(payloads: readonly Payload[]): string {
  return [...new Set(payloads.map(encryptionOf))].sort().join(', ');
}

import type { Client } from '@temporalio/client';
import { counted } from '../../../domain/counted';
import { speedView } from './speed-status';

/**
 * What the start of a layer that runs already leaves as it is, although the user may expect a change, each with the
 * command that changes it.
 *
 * @param shards as the user gave them; undefined if not.
 */
export async function leftUnchanged(client: Client, pipeline: string, shards: number | undefined): Promise<string[]> {
  const view = await speedView(client, pipeline);
  const isPaused = view.state === 'paused' || view.state === 'pausing';
  const isScaled = shards !== undefined && view.shards !== undefined && view.shards !== shards;
  return [
    ...(isPaused ? [`It is ${view.state}. To go on: npx daybreak speed resume --pipeline ${pipeline}`] : []),
    ...(isScaled
      ? [
          `It has ${counted(view.shards, 'shard')}. To change that: npx daybreak speed scale ${shards} --pipeline ${pipeline}`,
        ]
      : []),
  ];
}

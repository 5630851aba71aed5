import type { Artifacts } from '../fetch/artifacts';
import type { Server, Stack } from '../stack';
import { druid } from './druid';
import { kafka } from './kafka';
import { temporal } from './temporal';
import { zooKeeper } from './zookeeper';

/** Every server of the stack, in the order in which they are listed. */
export function serversOf(stack: Stack, artifacts: Artifacts): Server[] {
  return [temporal(stack, artifacts), zooKeeper(stack, artifacts), kafka(stack, artifacts), ...druid(stack, artifacts)];
}

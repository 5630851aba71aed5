import type { Artifacts } from '../fetch/artifacts';
import { isRecorded } from '../processes';
import type { Server, Stack } from '../stack';
import { druid } from './druid';
import { hdfs } from './hdfs';
import { kafka } from './kafka';
import { temporal } from './temporal';
import { versitygw } from './versitygw';
import { zooKeeper } from './zookeeper';

/** The servers that every stack has, in the order in which status lists them. */
export function serversOf(stack: Stack, artifacts: Artifacts): Server[] {
  return [temporal(stack, artifacts), zooKeeper(stack, artifacts), kafka(stack, artifacts), ...druid(stack, artifacts)];
}

/** The port of each storage on 127.0.0.1, as its own documentation names it. */
export interface StoragePorts {
  readonly s3: number;
  readonly hdfs: number;
  readonly webHdfs: number;
}

/** Storages of the kinds that users have. */
export function storageServersOf(
  stack: Stack,
  artifacts: Artifacts,
  ports: StoragePorts = { s3: stack.ports.s3, hdfs: 8020, webHdfs: 9870 },
): Server[] {
  return [versitygw(stack, artifacts, ports.s3), hdfs(stack, artifacts, { rpc: ports.hdfs, http: ports.webHdfs })];
}

/** The servers of the stack, with the storages that were started in it and not stopped since. */
export function startedServersOf(stack: Stack, artifacts: Artifacts): Server[] {
  const storages = storageServersOf(stack, artifacts).filter((server) => isRecorded(stack, server));
  return [...serversOf(stack, artifacts), ...storages];
}

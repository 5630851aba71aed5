import type { Artifacts } from '../fetch/artifacts';
import type { Server, Stack } from '../stack';
import { druid } from './druid';
import { hdfs } from './hdfs';
import { kafka } from './kafka';
import { temporal } from './temporal';
import { versitygw } from './versitygw';
import { zooKeeper } from './zookeeper';

/** Every server of the stack, in the order in which status lists them. */
export function serversOf(stack: Stack, artifacts: Artifacts): Server[] {
  return [temporal(stack, artifacts), zooKeeper(stack, artifacts), kafka(stack, artifacts), ...druid(stack, artifacts)];
}

/** The port of each storage on 127.0.0.1, as its own documentation names it. */
export interface StoragePorts {
  readonly s3: number;
  readonly hdfs: number;
  readonly webHdfs: number;
}
const STANDARD_STORAGE_PORTS: StoragePorts = { s3: 7070, hdfs: 8020, webHdfs: 9870 };

/** Storages of the kinds that users have. */
export function storageServersOf(stack: Stack, artifacts: Artifacts, ports = STANDARD_STORAGE_PORTS): Server[] {
  return [versitygw(stack, artifacts, ports.s3), hdfs(stack, artifacts, { rpc: ports.hdfs, http: ports.webHdfs })];
}

import { resolve } from 'node:path';
import { artifactsOf } from '../../../scripts/stack/fetch/artifacts';
import { isFree } from '../../../scripts/stack/port-owner';
import { stopProcess } from '../../../scripts/stack/processes';
import { createProgress } from '../../../scripts/stack/progress';
import { storageServersOf } from '../../../scripts/stack/servers';
import { startServer } from '../../../scripts/stack/start';
import { stackOf, type STORAGE_SERVER_NAMES } from '../../../scripts/stack/stack';
import { ownFolder } from './test-stacks';

export interface StorageServer {
  /** The address of S3, or of WebHDFS. */
  readonly url: string;
  /** Absolute. The server's data lies below it. */
  readonly directory: string;
  stop(): Promise<void>;
}

/** Starts a real S3 or HDFS on free ports. The first time it is fetched, which takes minutes. */
export async function startStorageServer(name: (typeof STORAGE_SERVER_NAMES)[number]): Promise<StorageServer> {
  const directory = resolve(await ownFolder(), name);
  const stack = stackOf({ directory });
  const progress = createProgress();
  const [s3, hdfs, webHdfs] = await freePorts();
  const server = storageServersOf(stack, artifactsOf(progress), { s3, hdfs, webHdfs }).find(
    (candidate) => candidate.name === name,
  );
  if (server === undefined) throw new Error(`no storage is called ${name}`);
  await startServer(stack, server, progress.step(server.title));
  progress.stop();
  return {
    url: server.url,
    directory,
    async stop() {
      await stopProcess(stack, server);
    },
  };
}

/** Above the ports of test stacks, and below those that systems use for outgoing connections. */
async function freePorts(): Promise<[number, number, number]> {
  for (let base = 31_000 + (process.pid % 300) * 3; base < 32_500; base += 3) {
    const ports: [number, number, number] = [base, base + 1, base + 2];
    const free = await Promise.all(ports.map((port) => isFree(port)));
    if (free.every(Boolean)) return ports;
  }
  throw new Error('no three free ports in a row from 31000 on');
}

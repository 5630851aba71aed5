import { Connection, type ConnectionOptions } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { temporal } from '@temporalio/proto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { goInstalled } from '../../../scripts/stack/fetch/go-install';
import { createProgress } from '../../../scripts/stack/progress';
import { SEARCH_ATTRIBUTES } from '../../../scripts/stack/servers/temporal';
import type { Certificates } from './certificates';
import type { RunningServer } from './running-server';
import { until } from '../support/until';

/** Unlike the development server, it can require client certificates. */
const SERVER = {
  title: 'temporal-server 1.29.1',
  module: 'go.temporal.io/server/cmd/server@v1.29.1',
  packages: 1500,
};

/** Builds that server if it is not built yet, which takes Go some minutes. Resolves to its path. */
export async function secureTemporalProgram(): Promise<string> {
  const progress = createProgress();
  try {
    return await goInstalled(SERVER, progress);
  } finally {
    progress.stop();
  }
}

/** A Temporal that accepts only clients with a certificate of the authority. Its nine ports begin at `port`. */
export async function startSecureTemporal(
  directory: string,
  port: number,
  certificates: Certificates,
): Promise<RunningServer> {
  const { authority, client } = certificates;
  const config = join(directory, 'temporal');
  await mkdir(config);
  await writeFile(join(config, 'development.yaml'), stringify(configuration(port, certificates)));
  const program = await secureTemporalProgram();
  const args = ['--root', directory, '--config', 'temporal', '--allow-no-auth', 'start'];
  const child = spawn(program, args, { stdio: 'ignore' });
  const address = `127.0.0.1:${port}`;
  const pem = (file: string): Promise<Buffer> => readFile(file);
  const tls = {
    serverRootCACertificate: await pem(authority),
    clientCertPair: { crt: await pem(client.certificate), key: await pem(client.key) },
  };
  const running: RunningServer = {
    address,
    isOver: () => child.exitCode !== null,
    async stop() {
      if (child.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
  await until('Temporal', () => prepared({ address, tls, connectTimeout: 2_000 }, running));
  return running;
}

/** Whether it answers, and has the namespace `default` and our search attributes. */
async function prepared(options: ConnectionOptions, running: RunningServer): Promise<boolean> {
  if (running.isOver()) throw new Error('Temporal ended before it answered');
  const namespace = 'default';
  try {
    const connection = await Connection.connect(options);
    try {
      const listed = await connection.workflowService.listNamespaces({});
      if (!listed.namespaces.some(({ namespaceInfo }) => namespaceInfo?.name === namespace)) {
        await connection.workflowService.registerNamespace({
          namespace,
          workflowExecutionRetentionPeriod: msToTs('1 day'),
        });
        return false;
      }
      const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
      const missing = SEARCH_ATTRIBUTES.filter((name) => !(name in customAttributes));
      if (missing.length === 0) return true;
      const { INDEXED_VALUE_TYPE_KEYWORD: keyword } = temporal.api.enums.v1.IndexedValueType;
      const searchAttributes = Object.fromEntries(missing.map((name) => [name, keyword]));
      await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
      return false;
    } finally {
      await connection.close();
    }
  } catch {
    return false; // Its caches may not know the namespace yet.
  }
}

function configuration(port: number, { authority, server, client }: Certificates): object {
  const names = { frontend: 0, matching: 1, history: 2, worker: 3 };
  const inMemory = {
    sql: {
      ...{ pluginName: 'sqlite', databaseName: 'default', connectAddr: 'localhost', connectProtocol: 'tcp' },
      ...{ connectAttributes: { mode: 'memory', cache: 'private' }, maxConns: 1, maxIdleConns: 1 },
    },
  };
  const clientSide = { serverName: 'localhost', rootCaFiles: [authority] };
  return {
    log: { stdout: true, level: 'error' },
    persistence: {
      ...{ defaultStore: 'default', visibilityStore: 'visibility', numHistoryShards: 1 },
      datastores: { default: inMemory, visibility: inMemory },
    },
    global: {
      membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' },
      tls: {
        frontend: {
          server: {
            ...{ certFile: server.certificate, keyFile: server.key },
            ...{ requireClientAuth: true, clientCaFiles: [authority] },
          },
          client: clientSide,
        },
        systemWorker: { certFile: client.certificate, keyFile: client.key, client: clientSide },
      },
    },
    services: Object.fromEntries(
      Object.entries(names).map(([name, offset]) => [
        name,
        { rpc: { grpcPort: port + offset, membershipPort: port + 4 + offset, bindOnLocalHost: true } },
      ]),
    ),
    clusterMetadata: {
      ...{ enableGlobalNamespace: false, failoverVersionIncrement: 10 },
      ...{ masterClusterName: 'active', currentClusterName: 'active' },
      clusterInformation: {
        active: { enabled: true, initialFailoverVersion: 1, rpcName: 'frontend', rpcAddress: `localhost:${port}` },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
  };
}

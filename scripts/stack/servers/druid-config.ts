import * as z from 'zod';
import type { Stack } from '../stack';
import { getJson } from './get-json';
import { sharedProperties, type Properties } from './properties';

export interface DruidRole {
  readonly role: 'coordinator' | 'broker' | 'historical' | 'indexer';
  readonly port: number;
  readonly javaOptions: readonly string[];
  readonly stopSeconds: number;
  /** Checks what must hold besides /status/health. */
  check(url: string): Promise<void>;
}

/**
 * Each process's own runtime.properties: the settings that it shares with the containers, then the places of this
 * stack.
 */
export function runtimeProperties(stack: Stack, { role, port }: DruidRole): Properties {
  return {
    ...sharedProperties('druid/common.properties'),
    ...sharedProperties(`druid/${role}.properties`),
    ...placesOf(stack),
    'druid.plaintextPort': port,
  };
}

function placesOf({ directory, ports }: Stack): Properties {
  const home = `${directory}/druid`;
  return {
    'druid.host': '127.0.0.1',
    'druid.bindOnHost': true,
    // The extensions are on the class path.
    'druid.extensions.loadList': '[]',
    'druid.zk.service.host': `127.0.0.1:${ports.zooKeeper}`,
    'druid.metadata.storage.type': 'derby',
    'druid.metadata.storage.connector.connectURI': `jdbc:derby://127.0.0.1:${ports.derby}/metadata;create=true`,
    'druid.metadata.storage.connector.host': '127.0.0.1',
    'druid.metadata.storage.connector.port': ports.derby,
    'druid.storage.storageDirectory': `${home}/segments`,
    'druid.indexer.logs.directory': `${home}/task-logs`,
  };
}

/** The four processes. */
export function druidRoles(stack: Stack): readonly DruidRole[] {
  const { ports } = stack;
  const home = `${stack.directory}/druid`;
  const direct = '-XX:MaxDirectMemorySize=192m';
  return [
    {
      role: 'coordinator',
      port: ports.druidCoordinator,
      stopSeconds: 40,
      javaOptions: ['-Xms128m', '-Xmx384m', '-XX:+UseSerialGC', `-Dderby.system.home=${home}/metadata`],
      async check(url) {
        await getJson(`${url}/druid/indexer/v1/supervisor`);
      },
    },
    {
      role: 'broker',
      port: ports.druidBroker,
      stopSeconds: 40,
      javaOptions: ['-Xms128m', '-Xmx512m', direct, '-XX:+UseSerialGC'],
      async check(url) {
        await getJson(`${url}/druid/broker/v1/readiness`);
      },
    },
    {
      role: 'historical',
      port: ports.druidHistorical,
      stopSeconds: 40,
      javaOptions: ['-Xms128m', '-Xmx384m', direct, '-XX:+UseSerialGC'],
      async check(url) {
        await getJson(`${url}/druid/historical/v1/readiness`);
      },
    },
    {
      role: 'indexer',
      port: ports.druidIndexer,
      stopSeconds: 40,
      javaOptions: ['-Xms256m', '-Xmx1280m', direct, '-XX:+UseG1GC'],
      async check() {
        const workers = z
          .array(z.object({ worker: z.object({ host: z.string() }) }))
          .parse(await getJson(`http://127.0.0.1:${ports.druidCoordinator}/druid/indexer/v1/workers`));
        if (!workers.some(({ worker }) => worker.host === `127.0.0.1:${ports.druidIndexer}`)) {
          throw new Error('the overlord does not list it as a worker yet');
        }
      },
    },
  ];
}

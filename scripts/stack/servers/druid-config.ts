import * as z from 'zod';
import type { Stack } from '../stack';
import { getJson } from './get-json';

type Properties = Readonly<Record<string, string | number | boolean>>;

export interface DruidRole {
  readonly role: 'coordinator' | 'broker' | 'historical' | 'indexer';
  readonly port: number;
  readonly properties: Properties;
  readonly javaOptions: readonly string[];
  readonly stopSeconds: number;
  /** What must hold besides /status/health. */
  check(url: string): Promise<void>;
}

export function commonProperties({ directory, ports }: Stack): Properties {
  const home = `${directory}/druid`;
  return {
    'druid.host': '127.0.0.1',
    'druid.bindOnHost': true,
    // The extensions are on the class path.
    'druid.extensions.loadList': '[]',
    'druid.zk.service.host': `127.0.0.1:${ports.zooKeeper}`,
    // How long a killed server stays listed, and a killed coordinator the leader.
    'druid.zk.service.sessionTimeoutMs': 15_000,
    'druid.metadata.storage.type': 'derby',
    'druid.metadata.storage.connector.connectURI': `jdbc:derby://127.0.0.1:${ports.derby}/metadata;create=true`,
    'druid.metadata.storage.connector.host': '127.0.0.1',
    'druid.metadata.storage.connector.port': ports.derby,
    'druid.storage.type': 'local',
    'druid.storage.storageDirectory': `${home}/segments`,
    'druid.indexer.logs.type': 'file',
    'druid.indexer.logs.directory': `${home}/task-logs`,
    'druid.selectors.coordinator.serviceName': 'druid/coordinator',
    'druid.selectors.indexing.serviceName': 'druid/overlord',
    // By default a task asks once a minute whether its segments are served.
    'druid.segment.handoff.pollDuration': 'PT1S',
    // Otherwise a server that starts before the coordinator waits a minute for the coordinator's list of lookups.
    'druid.lookup.enableLookupSyncOnStartup': false,
    'druid.emitter': 'noop',
    'druid.startup.logging.logProperties': false,
    'druid.request.logging.type': 'noop',
    'druid.server.http.numThreads': 25,
    // The other servers' long polls never end by themselves, and a stop waits for them this long.
    'druid.server.http.gracefulShutdownTimeout': 'PT1S',
    'druid.processing.buffer.sizeBytes': 16 * 1024 ** 2,
    'druid.processing.numThreads': 2,
    'druid.processing.numMergeBuffers': 2,
  };
}

/** The four processes, with periods that suit one machine on which somebody is waiting. */
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
      properties: {
        'druid.coordinator.asOverlord.enabled': true,
        'druid.coordinator.asOverlord.overlordService': 'druid/overlord',
        'druid.coordinator.startDelay': 'PT1S',
        'druid.coordinator.period': 'PT1S',
        'druid.coordinator.period.indexingPeriod': 'PT30S',
        'druid.manager.segments.pollDuration': 'PT1S',
        'druid.manager.rules.pollDuration': 'PT5S',
        'druid.indexer.queue.startDelay': 'PT1S',
        'druid.indexer.runner.type': 'httpRemote',
        'druid.indexer.storage.type': 'metadata',
      },
      async check(url) {
        await getJson(`${url}/druid/indexer/v1/supervisor`);
      },
    },
    {
      role: 'broker',
      port: ports.druidBroker,
      stopSeconds: 40,
      javaOptions: ['-Xms128m', '-Xmx512m', direct, '-XX:+UseSerialGC'],
      properties: {
        'druid.broker.http.numConnections': 10,
        // So that SQL sees a new segment, and its columns, within a second or two.
        'druid.sql.planner.metadataRefreshPeriod': 'PT1S',
        'druid.sql.planner.metadataSegmentPollPeriod': 1000,
      },
      async check(url) {
        await getJson(`${url}/druid/broker/v1/readiness`);
      },
    },
    {
      role: 'historical',
      port: ports.druidHistorical,
      stopSeconds: 40,
      javaOptions: ['-Xms128m', '-Xmx384m', direct, '-XX:+UseSerialGC'],
      properties: {
        'druid.segmentCache.locations': JSON.stringify([{ path: `${home}/segment-cache`, maxSize: '100g' }]),
        'druid.server.maxSize': 100 * 1024 ** 3,
      },
      async check(url) {
        await getJson(`${url}/druid/historical/v1/readiness`);
      },
    },
    {
      role: 'indexer',
      port: ports.druidIndexer,
      stopSeconds: 40,
      javaOptions: ['-Xms256m', '-Xmx1280m', direct, '-XX:+UseG1GC'],
      properties: {
        'druid.worker.capacity': 6,
        'druid.indexer.task.baseTaskDir': `${home}/tasks`,
        // A realtime task goes on after `down` and `up` instead of reading its hour again.
        'druid.indexer.task.restoreTasksOnRestart': true,
        'druid.indexer.task.gracefulShutdownTimeout': 'PT15S',
      },
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

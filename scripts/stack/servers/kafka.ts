import { Kafka, logLevel } from 'kafkajs';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { mendRequestQueue } from '../../../clients/kafka/request-queue';
import type { Artifacts } from '../fetch/artifacts';
import type { Server, Stack } from '../stack';
import { javaMark, launchJava, propertiesText, writeConfig, type JavaProcess } from './java';
import { sharedProperties, type Properties } from './properties';

/** One Kafka process that is broker and KRaft controller. */
export function kafka(stack: Stack, artifacts: Artifacts): Server {
  const { ports } = stack;
  const home = `${stack.directory}/kafka`;
  const properties = `${home}/server.properties`;
  const launch = async (java: Pick<JavaProcess, 'mainClass' | 'args' | 'options' | 'shortLived'>) =>
    launchJava(stack, { server: 'kafka', jars: await artifacts.kafka(), home, ...java });
  return {
    name: 'kafka',
    title: 'Kafka',
    port: ports.kafka,
    otherPorts: [ports.kafkaController],
    url: `127.0.0.1:${ports.kafka}`,
    after: [],
    stopSeconds: 30,
    mark: javaMark(stack, 'kafka'),
    async prepare() {
      await writeConfig(properties, propertiesText(serverProperties(stack, home)));
      if (existsSync(`${home}/data/meta.properties`)) return;
      const clusterId = randomBytes(16).toString('base64url').replace(/^-/, 'D');
      const format = await launch({
        mainClass: 'kafka.tools.StorageTool',
        args: ['format', '--cluster-id', clusterId, '--config', properties],
        options: ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx128m'],
        shortLived: true,
      });
      await promisify(execFile)(format.command, format.args, { cwd: format.cwd });
    },
    launch: () =>
      launch({ mainClass: 'kafka.Kafka', args: [properties], options: ['-Xms256m', '-Xmx512m', '-XX:+UseG1GC'] }),
    async check() {
      mendRequestQueue();
      const admin = new Kafka({
        brokers: [`127.0.0.1:${ports.kafka}`],
        logLevel: logLevel.NOTHING,
        connectionTimeout: 2000,
        requestTimeout: 5000,
        retry: { retries: 0 },
      }).admin();
      try {
        await admin.connect();
        const { brokers, controller } = await admin.describeCluster();
        if (brokers.length === 0 || controller === null) throw new Error('the broker is not registered yet');
      } finally {
        await admin.disconnect();
      }
    },
  };
}

function serverProperties({ ports, kafkaProxyPort }: Stack, home: string): Properties {
  return {
    ...sharedProperties('kafka/server.properties'),
    'controller.quorum.voters': `1@127.0.0.1:${ports.kafkaController}`,
    listeners: `PLAINTEXT://127.0.0.1:${ports.kafka},CONTROLLER://127.0.0.1:${ports.kafkaController}`,
    ...(kafkaProxyPort !== undefined && { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${kafkaProxyPort}` }),
    'log.dirs': `${home}/data`,
  };
}

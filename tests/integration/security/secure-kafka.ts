import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { artifactsOf } from '../../../scripts/stack/artifacts';
import { silentProgress } from '../../../scripts/stack/progress';
import { launchJava, propertiesText, writeConfig, type JavaProcess } from '../../../scripts/stack/servers/java';
import { stackOf } from '../../../scripts/stack/stack';
import type { Certificates } from './certificates';
import { jaasConfig, type Credentials } from './kafka-credentials';
import type { RunningServer } from './running-server';

/** A Kafka that lets nobody in without TLS and a SCRAM password; its two ports begin at `port`. */
export async function startSecureKafka(
  directory: string,
  port: number,
  { authority, server }: Certificates,
  { username, password }: Credentials,
): Promise<RunningServer> {
  const home = join(directory, 'kafka');
  const settings = join(home, 'server.properties');
  const keystore = join(directory, 'kafka-keystore.pem');
  await writeFile(keystore, (await readFile(server.key, 'utf8')) + (await readFile(server.certificate, 'utf8')));
  await writeConfig(
    settings,
    propertiesText({
      'process.roles': 'broker,controller',
      'node.id': 1,
      'controller.quorum.voters': `1@127.0.0.1:${port + 1}`,
      'controller.listener.names': 'CONTROLLER',
      listeners: `SASL_SSL://127.0.0.1:${port},CONTROLLER://127.0.0.1:${port + 1}`,
      'listener.security.protocol.map': 'SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT',
      'inter.broker.listener.name': 'SASL_SSL',
      'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
      'sasl.mechanism.inter.broker.protocol': 'SCRAM-SHA-512',
      'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': jaasConfig({ username, password }),
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': keystore,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': authority,
      'log.dirs': `${home}/data`,
      'auto.create.topics.enable': false,
      'log.retention.ms': -1,
      'group.initial.rebalance.delay.ms': 0,
      'offsets.topic.replication.factor': 1,
      'offsets.topic.num.partitions': 1,
      'transaction.state.log.replication.factor': 1,
      'transaction.state.log.min.isr': 1,
      'transaction.state.log.num.partitions': 1,
      'share.coordinator.state.topic.replication.factor': 1,
      'share.coordinator.state.topic.min.isr': 1,
    }),
  );
  const jars = await artifactsOf(silentProgress).kafka();
  const launch = (java: Pick<JavaProcess, 'mainClass' | 'args'>) =>
    launchJava(stackOf({ directory }), {
      ...{ server: 'kafka', jars, home, shortLived: true },
      ...{ options: ['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'], ...java },
    });
  const format = await launch({
    mainClass: 'kafka.tools.StorageTool',
    args: [
      ...['format', '--cluster-id', 'AAAAAAAAAAAAAAAAAAAAAQ', '--config', settings],
      ...['--add-scram', `SCRAM-SHA-512=[name=${username},password=${password}]`],
    ],
  });
  await promisify(execFile)(format.command, format.args, { cwd: format.cwd });
  const { command, args, cwd } = await launch({ mainClass: 'kafka.Kafka', args: [settings] });
  const child = spawn(command, args, { cwd, stdio: 'ignore' });
  return {
    address: `127.0.0.1:${port}`,
    isOver: () => child.exitCode !== null,
    async stop() {
      if (child.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

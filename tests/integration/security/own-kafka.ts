import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { artifactsOf } from '../../../scripts/stack/fetch/artifacts';
import { silentProgress } from '../../../scripts/stack/progress';
import { launchJava, propertiesText, writeConfig, type JavaProcess } from '../../../scripts/stack/servers/java';
import { stackOf } from '../../../scripts/stack/stack';
import type { RunningServer } from './running-server';

export interface OwnKafka {
  readonly listener: 'SASL_SSL' | 'SASL_PLAINTEXT';
  /** Settings besides those that any single broker has. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  /** Further arguments for the tool that formats its storage. */
  readonly format?: readonly string[];
}

/** A single broker below `directory` that authenticates its clients. Its two ports begin at `port`. */
export async function startOwnKafka(
  directory: string,
  port: number,
  { listener, settings, format = [] }: OwnKafka,
): Promise<RunningServer> {
  const home = join(directory, 'kafka');
  const file = join(home, 'server.properties');
  await writeConfig(
    file,
    propertiesText({
      'process.roles': 'broker,controller',
      'node.id': 1,
      'controller.quorum.voters': `1@127.0.0.1:${port + 1}`,
      'controller.listener.names': 'CONTROLLER',
      listeners: `${listener}://127.0.0.1:${port},CONTROLLER://127.0.0.1:${port + 1}`,
      'listener.security.protocol.map': `${listener}:${listener},CONTROLLER:PLAINTEXT`,
      'inter.broker.listener.name': listener,
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
      ...settings,
    }),
  );
  const jars = await artifactsOf(silentProgress).kafka();
  const launch = (java: Pick<JavaProcess, 'mainClass' | 'args'>) =>
    launchJava(stackOf({ directory }), {
      ...{ server: 'kafka', jars, home, shortLived: true },
      ...{ options: ['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'], ...java },
    });
  const formatting = await launch({
    mainClass: 'kafka.tools.StorageTool',
    args: ['format', '--cluster-id', 'AAAAAAAAAAAAAAAAAAAAAQ', '--config', file, ...format],
  });
  await promisify(execFile)(formatting.command, formatting.args, { cwd: formatting.cwd });
  const { command, args, cwd } = await launch({ mainClass: 'kafka.Kafka', args: [file] });
  const child = spawn(command, args, { cwd, stdio: 'ignore' });
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    address: `127.0.0.1:${port}`,
    isOver,
    async stop() {
      if (isOver()) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

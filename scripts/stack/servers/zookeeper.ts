import { connect } from 'node:net';
import type { Artifacts } from '../fetch/artifacts';
import type { Server, Stack } from '../stack';
import { javaMark, launchJava, propertiesText, writeConfig } from './java';
import { sharedProperties } from './properties';

/** Druid's registry of its own servers. */
export function zooKeeper(stack: Stack, artifacts: Artifacts): Server {
  const port = stack.ports.zooKeeper;
  const home = `${stack.directory}/zookeeper`;
  const properties = `${home}/zookeeper.properties`;
  return {
    name: 'zookeeper',
    title: 'ZooKeeper',
    port,
    otherPorts: [],
    url: `127.0.0.1:${port}`,
    after: [],
    stopSeconds: 10,
    mark: javaMark(stack, 'zookeeper'),
    prepare: () =>
      writeConfig(
        properties,
        propertiesText({
          ...sharedProperties('zookeeper/zoo.cfg'),
          dataDir: `${home}/data`,
          dataLogDir: `${home}/data`,
          clientPort: port,
          clientPortAddress: '127.0.0.1',
        }),
      ),
    launch: async () =>
      launchJava(stack, {
        server: 'zookeeper',
        jars: await artifacts.druid(),
        home,
        options: [
          '-Xms32m',
          '-Xmx128m',
          '-XX:+UseSerialGC',
          '-XX:TieredStopAtLevel=1',
          '-Dzookeeper.jmx.log4j.disable=true',
        ],
        mainClass: 'org.apache.zookeeper.server.quorum.QuorumPeerMain',
        args: [properties],
      }),
    check: async () => {
      const answer = await askFourLetters(port, 'ruok');
      if (answer !== 'imok') throw new Error(`it answers '${answer}' to ruok`);
    },
  };
}

function askFourLetters(port: number, word: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect({ port, host: '127.0.0.1', timeout: 2000 }, () => socket.write(word));
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => (answer += text));
    socket.on('timeout', () => socket.destroy(new Error('no answer to ruok within 2 s')));
    socket.on('error', reject);
    socket.on('close', () => {
      resolve(answer);
    });
  });
}

import { mkdir } from 'node:fs/promises';
import * as z from 'zod';
import type { Artifacts } from '../fetch/artifacts';
import type { Server, ServerName, Stack } from '../stack';
import { druidRoles, runtimeProperties, type DruidRole } from './druid-config';
import { getJson } from './get-json';
import { javaMark, launchJava, propertiesText, writeConfig } from './java';

/** Druid's own start script opens these packages for reflection. */
const OPENED = [
  '--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED',
  '--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED',
  '--add-opens=java.base/java.io=ALL-UNNAMED',
  '--add-opens=java.base/java.lang=ALL-UNNAMED',
  '--add-opens=java.base/java.nio=ALL-UNNAMED',
  '--add-opens=java.base/jdk.internal.ref=ALL-UNNAMED',
  '--add-opens=java.base/sun.nio.ch=ALL-UNNAMED',
  '--add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED',
];

/** Coordinator (also overlord), broker, historical and indexer, each in its own process. */
export function druid(stack: Stack, artifacts: Artifacts): Server[] {
  return druidRoles(stack).map((role) => druidServer(stack, artifacts, role));
}

function druidServer(stack: Stack, artifacts: Artifacts, role: DruidRole): Server {
  const name: ServerName = `druid-${role.role}`;
  const home = `${stack.directory}/druid/${role.role}`;
  const url = `http://127.0.0.1:${role.port}`;
  return {
    name,
    title: `Druid ${role.role}`,
    port: role.port,
    otherPorts: role.role === 'coordinator' ? [stack.ports.derby] : [],
    url,
    after: ['zookeeper'],
    stopSeconds: role.stopSeconds,
    mark: javaMark(stack, name),
    async prepare() {
      await mkdir(`${stack.directory}/druid/segments`, { recursive: true });
      await writeConfig(`${home}/runtime.properties`, propertiesText(runtimeProperties(stack, role)));
    },
    launch: async () =>
      launchJava(stack, {
        server: name,
        // Druid finds runtime.properties in its working folder.
        jars: await artifacts.druid(),
        home,
        options: [
          ...OPENED,
          '-Djava.util.logging.manager=org.apache.logging.log4j.jul.LogManager',
          ...role.javaOptions,
        ],
        mainClass: 'org.apache.druid.cli.Main',
        args: ['server', role.role],
      }),
    async check() {
      if (!z.boolean().parse(await getJson(`${url}/status/health`))) throw new Error('its health check says no');
      await role.check(url);
    },
  };
}

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { classArchiveOptions } from '../fetch/class-archive';
import { logFile, type Launch, type ServerName, type Stack } from '../stack';
import { findJava } from '../fetch/tools';

export interface JavaProcess {
  readonly server: ServerName;
  /** Folder of the jars. */
  readonly jars: string;
  /** Working folder. It is made if it does not exist. */
  readonly home: string;
  readonly options: readonly string[];
  readonly mainClass: string;
  /** Whether it is a tool and not the server itself. Default: false. */
  readonly shortLived?: boolean;
  readonly args: readonly string[];
}

/** The argument that identifies a JVM of this stack. */
export function javaMark(stack: Stack, server: ServerName): string {
  return `-Ddaybreak.server=${stack.directory}/${server}`;
}

export async function launchJava(stack: Stack, java: JavaProcess): Promise<Launch> {
  const logging = `${java.home}/log4j2.xml`;
  await writeConfig(logging, log4jConfig(logFile(stack, java.server)));
  await mkdir(`${java.home}/tmp`, { recursive: true });
  const command = await findJava();
  return {
    command,
    cwd: java.home,
    args: [
      javaMark(stack, java.server),
      `-Dlog4j.configurationFile=${logging}`,
      `-Dlog4j2.configurationFile=${logging}`,
      `-Djava.io.tmpdir=${java.home}/tmp`,
      '-Djava.net.preferIPv4Stack=true',
      '-Dfile.encoding=UTF-8',
      '-Duser.timezone=UTC',
      '-XX:+ExitOnOutOfMemoryError',
      ...(java.shortLived === true ? [] : await classArchiveOptions(command, java.jars, java.server)),
      ...java.options,
      '-cp',
      `${java.jars}/*`,
      java.mainClass,
      ...java.args,
    ],
  };
}

export async function writeConfig(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

export function propertiesText(properties: Readonly<Record<string, string | number | boolean>>): string {
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

/**
 * Bounded, because a local stack runs for weeks. It appends, because the process's own output goes to the same file.
 */
function log4jConfig(file: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="WARN">
  <Appenders>
    <RollingFile name="file" fileName="${file}" filePattern="${file}.%i" append="true">
      <PatternLayout pattern="%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z'}{UTC} %-5p [%t] %c{1} %m%n"/>
      <SizeBasedTriggeringPolicy size="20MB"/>
      <DefaultRolloverStrategy max="2"/>
    </RollingFile>
  </Appenders>
  <Loggers>
    <Root level="info"><AppenderRef ref="file"/></Root>
    <Logger name="org.apache.zookeeper" level="warn"/>
    <Logger name="org.apache.druid.server.coordinator" level="warn"/>
    <Logger name="org.apache.druid.metadata.SqlSegmentsMetadataManager" level="warn"/>
  </Loggers>
</Configuration>
`;
}

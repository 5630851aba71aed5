import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { DaybreakError } from '../../../domain/errors';

const run = promisify(execFile);

const OR_DOCKER = 'or run `docker compose up` instead of `daybreak up`';

/** The `java` of JAVA_HOME, else of the PATH. It must be of version 17. Throws MISSING_TOOL. */
export async function findJava(): Promise<string> {
  const home = process.env['JAVA_HOME'];
  const java = home === undefined || home === '' ? await onPath('java') : join(home, 'bin', 'java');
  const remedy = `Install Java 17 (Debian: apt install openjdk-17-jre-headless) and set JAVA_HOME to it, ${OR_DOCKER}.`;
  if (java === undefined) throw missing('Kafka and Druid need Java 17, and there is no java on the PATH', remedy);
  const version = await javaVersion(java);
  if (version === 17) return java;
  throw missing(`Kafka and Druid need Java 17, and ${java} is ${version ?? 'not a Java'}`, remedy);
}

/** Java 17 or newer for the Spark that Daybreak fetches. Another Spark finds its own Java. Throws MISSING_TOOL. */
export async function findSparkJava(): Promise<string> {
  const home = process.env['JAVA_HOME'];
  const java = home === undefined || home === '' ? await onPath('java') : join(home, 'bin', 'java');
  const version = java === undefined ? undefined : await javaVersion(java);
  if (java !== undefined && version !== undefined && version >= 17) return java;
  throw missing(
    `Spark needs Java 17 or newer, and ${java === undefined ? 'there is no java on the PATH' : `${java} is ${version ?? 'not a Java'}`}`,
    'Install Java 17 (Debian: apt install openjdk-17-jre-headless) and set JAVA_HOME to it, or build with the engine duckdb.',
  );
}

/** Python, which only the first use of Spark needs. Throws MISSING_TOOL. */
export async function findPython(): Promise<string> {
  const python = await onPath('python3');
  if (python !== undefined) return python;
  throw missing(
    "Python's pip fetches Spark, and there is no python3 on the PATH",
    'Install Python with pip (Debian: apt install python3-pip), or set SPARK_HOME to a Spark of your own.',
  );
}

/** Maven, which only the first start needs. Throws MISSING_TOOL. */
export async function findMaven(): Promise<string> {
  return need('mvn', 'Maven fetches Kafka and Druid', 'Install Maven (Debian: apt install maven)');
}

/** Go, which only the first start of `program` needs. Throws MISSING_TOOL. */
export async function findGo(program: string): Promise<string> {
  const orTemporal = program.startsWith('temporal')
    ? ", or Temporal's command line (https://docs.temporal.io/cli)"
    : '';
  return need('go', `Go builds ${program}`, `Install Go 1.24 or newer${orTemporal}`);
}

/** The first executable of that name on the PATH. */
export async function onPath(name: string): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const file = join(folder, name);
    const usable = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (folder !== '' && usable) return file;
  }
  return undefined;
}

async function need(name: string, purpose: string, install: string): Promise<string> {
  const found = await onPath(name);
  if (found === undefined) {
    throw missing(`${purpose}, and there is no ${name} on the PATH`, `${install}, ${OR_DOCKER}.`);
  }
  return found;
}

/** The output of `java -version`. Empty if it does not run. */
export async function javaVersionText(java: string): Promise<string> {
  const { stderr } = await run(java, ['-version']).catch(() => ({ stderr: '' }));
  return stderr;
}

async function javaVersion(java: string): Promise<number | undefined> {
  const found = /version "(\d+)/.exec(await javaVersionText(java))?.[1];
  return found === undefined ? undefined : Number(found);
}

function missing(what: string, remedy: string): DaybreakError {
  return new DaybreakError('MISSING_TOOL', { what, remedy });
}

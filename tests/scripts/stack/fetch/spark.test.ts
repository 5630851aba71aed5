import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { findSpark } from '../../../../scripts/stack/fetch/spark';

const { PATH: path, JAVA_HOME } = process.env;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-spark-'));
  await writeFile(join(folder, 'spark-sql'), '#!/bin/sh\n');
  await chmod(join(folder, 'spark-sql'), 0o755);
  process.env['PATH'] = `${folder}${delimiter}${path ?? ''}`;
});
afterEach(async () => {
  process.env['PATH'] = path;
  if (JAVA_HOME !== undefined) process.env['JAVA_HOME'] = JAVA_HOME;
  await rm(folder, { recursive: true, force: true });
});

it('takes the Spark of SPARK_HOME before the one on the PATH', async () => {
  expect(await findSpark({ environment: { SPARK_HOME: '/opt/spark' } })).toEqual({
    sparkSql: '/opt/spark/bin/spark-sql',
  });
  expect(await findSpark({ environment: {} })).toEqual({ sparkSql: join(folder, 'spark-sql') });
});

it('runs on the master that the command names, else on that of the environment', async () => {
  const environment = { DAYBREAK_SPARK_MASTER: 'yarn' };
  expect(await findSpark({ environment })).toMatchObject({ master: 'yarn' });
  expect(await findSpark({ environment, master: 'spark://one:7077,two:7077' })).toMatchObject({
    master: 'spark://one:7077,two:7077',
  });
});

it.each(['127.0.0.1:7077', 'spark:7077', 'local[', '--conf'])('refuses the master %j', async (master) => {
  await expect(findSpark({ environment: {}, master })).rejects.toMatchObject({
    code: 'BAD_CONFIGURATION',
    what: `the Spark master is '${master}'`,
  });
});

it('gives Spark the variables that are named, and none of the settings of Daybreak', async () => {
  const spark = (names: string) => findSpark({ environment: { DAYBREAK_SPARK_ENVIRONMENT: names } });
  expect(await spark('AWS_PROFILE,AWS_REGION')).toMatchObject({ passed: ['AWS_PROFILE', 'AWS_REGION'] });
  for (const names of ['KAFKA_SASL_PASSWORD', 'AWS_REGION, HOME', 'A=b', 'X,DAYBREAK_PAYLOAD_KEYS', ',']) {
    await expect(spark(names)).rejects.toMatchObject({ code: 'BAD_CONFIGURATION' });
  }
});

it('asks for Java before it fetches a Spark', async () => {
  await rm(join(folder, 'spark-sql'));
  process.env['PATH'] = folder;
  delete process.env['JAVA_HOME'];
  await expect(findSpark({ environment: {} })).rejects.toMatchObject({
    code: 'MISSING_TOOL',
    what: 'Spark needs Java 17 or newer, and there is no java on the PATH',
  });
});

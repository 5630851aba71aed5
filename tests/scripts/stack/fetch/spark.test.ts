import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { LIBRARIES } from '../../../../engines/spark/spark-program';
import { findSpark } from '../../../../scripts/stack/fetch/spark';

const { PATH: path, JAVA_HOME } = process.env;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-spark-'));
  await writeFile(join(folder, 'spark-submit'), '#!/bin/sh\n');
  await chmod(join(folder, 'spark-submit'), 0o755);
  await pythonWith(LIBRARIES);
  process.env['PATH'] = `${folder}${delimiter}${path ?? ''}`;
});
afterEach(async () => {
  process.env['PATH'] = path;
  delete process.env['DAYBREAK_CACHE'];
  if (JAVA_HOME !== undefined) process.env['JAVA_HOME'] = JAVA_HOME;
  await rm(folder, { recursive: true, force: true });
});

/** Puts a Python on the PATH that has these libraries. */
async function pythonWith(found: Readonly<Record<string, string>>, tag = 'cp311-linux-x86_64'): Promise<void> {
  const answer = JSON.stringify({ tag, found });
  await writeFile(join(folder, 'python3'), `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
}

it('brings the libraries of tasks, unless this Python has them or tasks run elsewhere', async () => {
  process.env['DAYBREAK_CACHE'] = folder;
  const fetched = join(folder, 'python-cp311-linux-x86_64-duckdb-1.5.5-pyarrow-26.0.1');
  await mkdir(fetched);
  expect(await findSpark({ environment: {} })).not.toHaveProperty('libraries');
  for (const found of [{}, { ...LIBRARIES, duckdb: '1.5.4' }]) {
    await pythonWith(found);
    expect(await findSpark({ environment: {} })).toMatchObject({ libraries: fetched });
    expect(await findSpark({ environment: {}, master: 'yarn' })).not.toHaveProperty('libraries');
  }
});

it('refuses a Python for which there are no libraries', async () => {
  await pythonWith({}, 'cp39-linux-x86_64');
  await expect(findSpark({ environment: {} })).rejects.toMatchObject({
    code: 'MISSING_TOOL',
    what: expect.stringMatching(/need Python 3.11 to 3.14, and .*python3 is cp39-linux-x86_64$/) as string,
  });
});

it('takes the Spark of SPARK_HOME before the one on the PATH', async () => {
  expect(await findSpark({ environment: { SPARK_HOME: '/opt/spark' } })).toEqual({
    sparkSubmit: '/opt/spark/bin/spark-submit',
  });
  expect(await findSpark({ environment: {} })).toEqual({ sparkSubmit: join(folder, 'spark-submit') });
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
  await rm(join(folder, 'spark-submit'));
  process.env['PATH'] = folder;
  delete process.env['JAVA_HOME'];
  await expect(findSpark({ environment: {} })).rejects.toMatchObject({
    code: 'MISSING_TOOL',
    what: 'Spark needs Java 17 or newer, and there is no java on the PATH',
  });
});

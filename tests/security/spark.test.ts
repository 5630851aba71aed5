import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DaybreakError } from '../../domain/errors';
import { runDayBuild } from '../../engines/build-day';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import { DAY, event, lines, loadExample, scratchFolder, writeFiles } from '../engines/scratch';

const root = scratchFolder();
const input = join(root, 'input');

beforeAll(() => writeFiles(input, { 'names.20261121.07.json': lines(event(1)) }));

async function refusal(work: () => Promise<unknown>): Promise<DaybreakError> {
  const thrown: unknown = await work().catch((reason: unknown) => reason);
  if (!(thrown instanceof DaybreakError)) throw new Error(`not refused: ${String(thrown)}`);
  return thrown;
}

describe('the environment of Spark', () => {
  const others = {
    KAFKA_SASL_PASSWORD: 'secret-of-kafka',
    DRUID_PASSWORD: 'secret-of-druid',
    DAYBREAK_OUTPUT_TOKEN: 'secret-of-the-output',
    DAYBREAK_PAYLOAD_KEYS: 'secret-of-the-payloads',
    TEMPORAL_API_KEY: 'secret-of-temporal',
    AWS_SECRET_ACCESS_KEY: 'secret-of-a-store',
    NPM_TOKEN: 'secret-of-a-registry',
    PGPASSWORD: 'secret-of-a-database',
    SPARKLING_TOKEN: 'secret-of-no-spark',
    LD_PRELOAD_: 'secret-of-no-name',
    'BASH_FUNC_x%%': '() { secret-of-a-shell; }',
  };
  const needed = { SPARK_CONF_DIR: '/etc/spark', HADOOP_CONF_DIR: '/etc/hadoop', LC_ALL: 'C.UTF-8', TZ: 'Asia/Seoul' };
  const before = { ...process.env };

  beforeEach(() => Object.assign(process.env, others, needed));
  afterEach(() => {
    for (const name of Object.keys({ ...others, ...needed })) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, before);
  });

  it('has no password and nothing that nobody named: its log is kept, and its driver runs what a pipeline says', async () => {
    const { environment, plan } = await buildWithFakeSpark(await loadExample('events'), 'secrets');
    expect(environment).not.toContain('secret-of');
    expect(plan).not.toContain('secret-of');
    for (const name of ['PATH', 'HOME']) expect(environment).toContain(`\n${name}=`);
    for (const [name, value] of Object.entries(needed)) expect(environment).toContain(`\n${name}=${value}\n`);
  });

  it('has what is named, and no more', async () => {
    const passed = ['AWS_SECRET_ACCESS_KEY', 'NOT_SET'];
    const { environment } = await buildWithFakeSpark(await loadExample('events'), 'passed', passed);
    expect(environment.match(/secret-of[a-z-]*/g)).toEqual(['secret-of-a-store']);
  });

  it('has its scratch below the output, unless somebody says where', async () => {
    Reflect.deleteProperty(process.env, 'TMPDIR');
    const { environment } = await buildWithFakeSpark(await loadExample('events'), 'scratch');
    const folder = `${root}/output-scratch/.versions/${DAY}/.building-`;
    for (const name of ['TMPDIR', 'SPARK_LOCAL_DIRS']) expect(environment).toContain(`\n${name}=${folder}`);
    Object.assign(process.env, { TMPDIR: '/var/tmp', SPARK_LOCAL_DIRS: '/disk1,/disk2' });
    const said = await buildWithFakeSpark(await loadExample('events'), 'said');
    expect(said.environment).toContain('\nTMPDIR=/var/tmp\n');
    expect(said.environment).toContain('\nSPARK_LOCAL_DIRS=/disk1,/disk2\n');
    Reflect.deleteProperty(process.env, 'SPARK_LOCAL_DIRS');
  });
});

it('has its driver beside the build, whatever deploy mode its own configuration names', async () => {
  const { words } = await buildWithFakeSpark(await loadExample('events'), 'client');
  expect(words).toContain(' --deploy-mode client ');
});

/** Builds with a program instead of Spark that records its plan, its environment and its arguments, and fails. */
async function buildWithFakeSpark(
  loaded: LoadedPipeline,
  name: string,
  passed?: readonly string[],
): Promise<{ readonly plan: string; readonly environment: string; readonly words: string }> {
  const kept = join(root, name);
  const sparkSubmit = join(root, `${name}.sh`);
  await writeFile(
    sparkSubmit,
    `#!/bin/sh\n(echo; env) > '${kept}.env'\necho "$*" > '${kept}.words'\nfor last; do plan=$result; result=$last; done\ncp "$plan" '${kept}.json'\nexit 1\n`,
    { mode: 0o755 },
  );
  await refusal(() =>
    runDayBuild(loaded, {
      date: DAY,
      input,
      output: join(root, `output-${name}`),
      engine: 'spark',
      findSpark: () => Promise.resolve({ sparkSubmit, ...(passed && { passed }) }),
    }),
  );
  const read = (ending: string): Promise<string> => readFile(`${kept}.${ending}`, 'utf8');
  return { plan: await read('json'), environment: await read('env'), words: await read('words') };
}

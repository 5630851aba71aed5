import { TestWorkflowEnvironment } from '@temporalio/testing';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { businessDateOf, shiftDate } from '../../../domain/business-date';
import { pipelineJsonSchema } from '../../../domain/pipeline';
import { dateAttribute, outcomeAttribute, pipelineAttribute } from '../../../domain/search-attributes';
import { stopStack } from '../../../scripts/stack';
import { artifactsOf } from '../../../scripts/stack/fetch/artifacts';
import { silentProgress } from '../../../scripts/stack/progress';
import { missingLines, recordedCommands, type RecordedCommand } from '../../docs/recorded-commands';
import { runToEnd, type Ended } from '../support/run-to-end';
import { freePortBase } from '../support/test-stacks';
import { until } from '../support/until';

// A test runs several commands, which install and start much.
jest.setTimeout(1_800_000);

const DAY = '2026-11-21';
const EVENTS = 1_500_000;
/** The names that the page has for what the test calls otherwise. */
const PAGE = { home: '/home/ada', repository: 'my-pipelines', day: '2026-11-27' };
const recorded = recordedCommands('docs/getting-started.md');
const firstOfRepository = recorded.findIndex(({ command }) => command === 'npm test');
const packedSchema = z.tuple([z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) })]);

let root: string;
/** The paths of the package's files. */
let packed: string[];
/** A folder into which somebody installed the package. */
let installed: string;
/** The repository that `init` made there. */
let repository: string;
/** Where the reader of the page is. */
let folder: string;
let environment: Record<string, string>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'daybreak-package-'));
  installed = join(root, 'start');
  repository = join(installed, 'our pipelines');
  environment = {
    DAYBREAK_PORT_BASE: String(await freePortBase()),
    DAYBREAK_STACK: join(root, 'stack'),
    npm_config_prefer_offline: 'true',
    npm_config_loglevel: 'error',
  };
  const [{ filename, files }] = packedSchema.parse(
    JSON.parse(await succeed('npm', ['pack', '--json', '--loglevel=error', '--pack-destination', root], '.')),
  );
  packed = files.map(({ path }) => path);
  await mkdir(installed);
  expect(filename).toBe('daybreak-0.1.0.tgz');
  folder = installed;
  for (const step of recorded.slice(0, firstOfRepository)) await follow(step);
});

afterAll(async () => {
  await stopStack({ portBase: Number(environment['DAYBREAK_PORT_BASE']), directory: join(root, 'stack'), wipe: true });
  await rm(root, { recursive: true, force: true });
});

const program = (folder: string): string => join(folder, 'node_modules/.bin/daybreak');
const daybreak = (...args: string[]): Promise<Ended> => runToEnd(program(repository), args, { folder: repository });

/** Runs a command of the page as its reader does. It must end well and print the lines that the page has for it. */
async function follow({ command, output }: RecordedCommand, yesterday = ''): Promise<void> {
  if (command.startsWith('cd ')) {
    folder = repository;
    return;
  }
  const here = command.replace(PAGE.repository, `'${basename(repository)}'`).replace(PAGE.day, yesterday);
  const { code, stdout, stderr } = await runToEnd('sh', ['-c', here], { folder, environment });
  const printed = `${stderr}${stdout}`.replaceAll(root, PAGE.home).replaceAll(basename(repository), PAGE.repository);
  const missing = missingLines(output, printed);
  if (code === 0 && missing.length === 0) return;
  throw new Error(`${here} ended with ${code}. Of the page it did not print:\n${missing.join('\n')}\nbut:\n${printed}`);
}

/** Waits until the run that the schedule started has ended, as its reader does. */
async function theNightsEnd(): Promise<void> {
  const days = z.object({ days: z.array(z.object({ outcome: z.string() })) });
  await until('the end of the nightly run', async () => {
    const [day] = (await jsonOf(days, 'status')).days;
    return day !== undefined && day.outcome !== 'running';
  });
}

/** Starts the repository's worker, and waits until it serves. Gives what stops it. */
async function startWorker(
  args: readonly string[],
  of: Readonly<Record<string, string>>,
): Promise<() => Promise<void>> {
  const worker = spawn(program(repository), ['worker', ...args], {
    ...{ cwd: repository, env: { ...process.env, ...of }, stdio: ['ignore', 'pipe', 'inherit'] },
  });
  await new Promise<void>((ready, failed) => {
    worker.stdout.on('data', (text: Buffer) => {
      if (text.includes('"msg":"ready"')) ready();
    });
    worker.once('exit', (code) => {
      failed(new Error(`the worker ended with ${code ?? 'a signal'}`));
    });
  });
  return async () => {
    if (worker.exitCode !== null || worker.signalCode !== null) return;
    const ended = once(worker, 'exit');
    worker.kill('SIGTERM');
    await ended;
  };
}

async function succeed(command: string, args: readonly string[], where: string): Promise<string> {
  const { code, stdout, stderr } = await runToEnd(command, args, { folder: where, environment });
  if (code !== 0) throw new Error(`${[command, ...args].join(' ')} ended with ${code}:\n${stderr}${stdout}`);
  return stdout;
}

/** Runs `work` while the pipeline's transform has this expression in place of the column `hello`. */
async function withHello(expression: string, work: () => Promise<void>): Promise<void> {
  const file = join(repository, 'pipelines/events/transform.sql');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('e.hello', `${expression} AS hello`));
  try {
    await work();
  } finally {
    await writeFile(file, text);
  }
}

async function jsonOf<T extends z.ZodType>(schema: T, ...args: string[]): Promise<z.infer<T>> {
  return schema.parse(JSON.parse(await succeed(program(repository), [...args, '--json'], repository)));
}

it('holds what runs, and neither sources nor tests of ours', () => {
  const own = packed.filter((path) => !path.startsWith('dist/scripts/init/template/'));
  expect(own.filter((path) => /\.tsx?$|\.test\.|(^|\/)(tests|bench|\.daybreak|secrets)\//.test(path))).toEqual([]);
  expect(own.filter((path) => !path.includes('/'))).toEqual(
    expect.arrayContaining(['LICENSE', 'README.md', 'package.json']),
  );
});

it('has what its pages tell a user to take: the chart, the alerts, the dashboard and the variables', () => {
  const files = [
    'helm/daybreak/Chart.yaml',
    'helm/examples/s3.yaml',
    'prometheus/alerts.yaml',
    'grafana/daybreak.json',
  ];
  expect(packed).toEqual(expect.arrayContaining([...files.map((file) => `deploy/${file}`), '.env.example']));
});

it('needs no tool of the build where it is installed', async () => {
  const lock = z.object({ packages: z.record(z.string(), z.unknown()) });
  const { packages } = lock.parse(JSON.parse(await readFile(join(repository, 'package-lock.json'), 'utf8')));
  const names = Object.keys(packages).map((path) => path.replace(/.*node_modules\//, ''));
  expect(names).toContain('@temporalio/core-bridge');
  expect(names.filter((name) => /^(tsx|esbuild|webpack|typescript|jest|@swc\/core|@types\/jest)$/.test(name))).toEqual(
    [],
  );
});

it('runs a day through both layers as the page for a start says, and prints what it shows', async () => {
  const yesterday = shiftDate(businessDateOf(new Date(), 'Asia/Seoul'), -1);
  let stopWorker: (() => Promise<void>) | undefined;
  try {
    for (const step of recorded.slice(firstOfRepository)) {
      if (step.command === 'npx daybreak worker') {
        stopWorker = await startWorker([], environment);
        continue;
      }
      if (step.command === 'npx daybreak status') await theNightsEnd();
      if (step.command === 'npx daybreak down') await stopWorker?.();
      await follow(step, yesterday);
    }
  } finally {
    await stopWorker?.();
  }
});

it('the repository’s own test fails for a broken pipeline', async () => {
  await withHello('e.nothing', async () => {
    const { code, stdout } = await runToEnd('npm', ['test'], { folder: repository });
    expect(code).not.toBe(0);
    expect(stdout).toContain('BAD_TRANSFORM');
  });
});

it('the pipeline names a schema that is there, of this version', async () => {
  const folder = join(repository, 'pipelines/events');
  const [, reference = ''] = /\$schema=(\S+)/.exec(await readFile(join(folder, 'pipeline.yaml'), 'utf8')) ?? [];
  expect(JSON.parse(await readFile(join(folder, reference), 'utf8'))).toEqual(pipelineJsonSchema());
});

it('checks, feeds and builds a day in the repository’s folders', async () => {
  const check = z.object({ outputColumns: z.array(z.object({ name: z.string() })) });
  const { outputColumns } = await jsonOf(check, 'pipeline', 'check', 'pipelines/events');
  expect(outputColumns.map(({ name }) => name)).toEqual(['time', 'user_id', 'user_name', 'hello', 'uid']);
  // So many that the largest hours are built in threads.
  await succeed(program(repository), ['feed', '--no-kafka', '--date', DAY, '--events', String(EVENTS)], repository);
  const places = ['--input', '.daybreak/data/events/input', '--output', 'out'];
  const built = z.object({ manifest: z.object({ counts: z.object({ written: z.number() }) }) });
  const { manifest } = await jsonOf(
    built,
    'batch',
    'build',
    '--pipeline',
    'pipelines/events',
    '--date',
    DAY,
    '--threads',
    '3',
    ...places,
  );
  expect(manifest.counts.written).toBe(EVENTS);
});

it('a transform whose functions need a trial is tried in a process of its own', async () => {
  const check = (): Promise<Ended> => daybreak('pipeline', 'check', 'pipelines/events');
  await withHello('reverse(e.hello)', async () => {
    expect(await check()).toMatchObject({ code: 0, stderr: '' });
  });
  const squares = 'len(list_transform(range(10000), x -> list_transform(range(10000), y -> [x, y])))::VARCHAR';
  await withHello(squares, async () => {
    expect((await check()).stderr).toContain('need more than');
  });
});

it('init overwrites nothing', async () => {
  await writeFile(join(repository, 'README.md'), 'our own');
  await rm(join(repository, '.gitignore'));
  const { code, stderr } = await daybreak('init', '.');
  expect(code).toBe(1);
  expect(stderr).toContain('OUTPUT_FAILED');
  expect(await readFile(join(repository, 'README.md'), 'utf8')).toBe('our own');
  await expect(readFile(join(repository, '.gitignore'))).rejects.toThrow('ENOENT');
});

it('a worker runs the workflows that were bundled with it, with encrypted payloads', async () => {
  const keys = { DAYBREAK_PAYLOAD_KEYS: `any:${Buffer.alloc(32).toString('base64')}` };
  const path = await artifactsOf(silentProgress).temporal();
  const temporal = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path },
      searchAttributes: [pipelineAttribute, dateAttribute, outcomeAttribute],
      log: { format: 'pretty', level: 'never' },
    },
  });
  const own = { ...keys, TEMPORAL_ADDRESS: temporal.address, DAYBREAK_DATA: join(root, 'no data') };
  let stopWorker: (() => Promise<void>) | undefined;
  try {
    stopWorker = await startWorker(['--role', 'batch'], own);
    const args = ['batch', 'run', '--date', DAY];
    const { code, stderr } = await runToEnd(program(repository), args, { folder: repository, environment: own });
    expect(stderr).toContain('NO_INPUT');
    expect(code).toBe(1);
  } finally {
    await stopWorker?.();
    await temporal.teardown();
  }
});

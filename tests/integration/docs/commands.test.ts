import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { appendFile, chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { businessDateOf, parseBusinessDate, type BusinessDate } from '../../../domain/business-date';
import { readSettings } from '../../../engines/pipeline/read-pipeline';
import { feedDay } from '../../../scripts/feed/feed-day';
import { folderSink } from '../../../scripts/feed/files/folder-sink';
import { stopStack } from '../../../scripts/stack';
import { artifactsOf } from '../../../scripts/stack/fetch/artifacts';
import { silentProgress } from '../../../scripts/stack/progress';
import { commandsOf, documentedPages } from '../../docs/documented-commands';
import { endAll } from '../support/end-all';
import { succeed } from '../support/daybreak';
import { freePortBase } from '../support/test-stacks';
import { until } from '../support/until';

jest.setTimeout(600_000);

const ZONE = 'Asia/Seoul';
const OTHER_NAMESPACE = 'docs';
const DAY = '2026-11-21';
const DAYS = ['2026-11-19', '2026-11-20', DAY].map(parseBusinessDate);

/** Commands that are not run here, and why. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'npm run demo':
    'stays until Ctrl-C; its steps are the commands of these pages and the whole job has a test of its own',
  'npm run demo -- --once': 'the same',
  'npm run demo -- --storage s3': 'the same',
  'npx daybreak demo': 'the same',
  'npm test': 'runs this test',
  'npm pack': 'writes into the repository; tests/integration/package runs it',
  'npm install ../daybreak-0.2.0.tgz': 'the same',
  'npx daybreak init my-pipelines': 'the same',
  'npm run test:nodes': 'runs a part of npm test, on each Node',
  'npm run test:nodes -- tests/clients': 'the same',
  'npm run check': 'npm test has run its three parts before this test',
  'npm run schema': 'writes into the repository; tests/docs/pipelines.test.ts compares what it writes',
  'npx jest --selectProjects unit': 'a part of npm test',
  'DAYBREAK_TEST_STACK=20000 npx jest --selectProjects integration': 'a part of npm test',
  'npx jest tests/workflows': 'a part of npm test',
  'npx jest --selectProjects servers -- tests/integration/storage': 'a part of npm test',
  'DAYBREAK_PROPERTY_RECORDS=1000000 npx jest --selectProjects unit -- engines/nested-layers engines/times.property':
    'more records of a part of npm test',
  'DAYBREAK_ROLLUP_EVENTS=201000 npx jest --selectProjects integration -- batch/rollup':
    'more events of a part of npm test',
  'npx tsx tests/histories/record.ts <pipeline> -2': 'writes into the repository, and has a name to fill in',
  'node --import tsx bench/day/index.ts': 'a bench, on servers of its own',
  'node --import tsx bench/backfill/index.ts 400 4': 'the same',
  'node --import tsx bench/torture/index.ts 1 10': 'the same; tests/integration/bench runs a short one',
  'node --import tsx bench/fuzz/index.ts all 60':
    'writes into the repository; tests/integration/bench runs a short one',
  'node --import tsx bench/upgrade/index.ts e8036b3': 'a bench, on servers of its own, which needs the history',
  'node --import tsx bench/torture/page.ts': 'writes into the repository',
  'docker compose up': 'there is no Docker where tests run',
  'docker compose up --build --detach': 'the same',
  'docker compose exec worker daybreak status': 'the same',
  'docker compose down': 'the same',
  'docker compose down --volumes': 'the same',
  'docker build --file deploy/worker/Dockerfile --target worker --tag registry.example.com/daybreak:0.1.0 .':
    'the same',
  'docker push registry.example.com/daybreak:0.1.0': 'the same',
  'helm template daybreak deploy/helm/daybreak --values deploy/helm/examples/s3.yaml':
    'tests/deploy/helm/docs.test.ts runs it, with the Helm that it builds',
  'helm lint --strict deploy/helm/daybreak --values deploy/helm/examples/s3.yaml': 'the same',
  "helm upgrade --install daybreak deploy/helm/daybreak --values deploy/helm/examples/volume.yaml --set-file 'pipelines.files.events.pipeline\\.yaml=pipelines/events/pipeline.yaml' --set-file 'pipelines.files.events.transform\\.sql=pipelines/events/transform.sql' --set-file 'pipelines.files.events.names\\.ndjson=pipelines/events/names.ndjson'":
    'there is no Kubernetes where tests run; tests/deploy/helm/docs.test.ts renders it',
  'helm test daybreak --logs': 'there is no Kubernetes where tests run',
  'helm uninstall daybreak': 'the same',
  'kubectl create secret generic daybreak-output --from-literal=token="$(openssl rand -hex 24)"': 'the same',
  'kubectl rollout restart deployment/daybreak-speed deployment/daybreak-batch': 'the same',
  'kubectl delete job,pod --selector app.kubernetes.io/instance=daybreak': 'the same',
  'npx daybreak backfill --from 2026-10-01 --to 2026-10-31 --parallel 3': 'needs the files of a month',
  'npx daybreak spark pack daybreak-python.tar.gz': 'writes into the repository; batch/spark.test.ts runs it',
  'npx daybreak batch build --pipeline events --date 2026-11-21 --input in --output out --engine spark --master spark://host:7077':
    'needs a Spark cluster',
};

let root: string;
let environment: Record<string, string>;
let stack: { portBase: number; directory: string };
const staying: ChildProcess[] = [];

const commands = documentedPages().flatMap(commandsOf);
const run = commands.filter(({ command }) => !(command in EXCEPTIONS));

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'daybreak-docs-'));
  stack = { portBase: await freePortBase(), directory: join(root, 'stack') };
  const bin = join(root, 'bin');
  await mkdir(bin);
  for (const opener of ['xdg-open', 'open']) {
    await writeFile(join(bin, opener), `#!/bin/sh\necho "$1" > ${join(root, 'opened')}\n`);
    await chmod(join(bin, opener), 0o755);
  }
  const temporal = dirname(await artifactsOf(silentProgress).temporal());
  environment = {
    PATH: [bin, temporal, process.env['PATH'] ?? ''].join(delimiter),
    DAYBREAK_PORT_BASE: String(stack.portBase),
    DAYBREAK_STACK: stack.directory,
    DAYBREAK_DATA: join(root, 'data'),
    TEMPORAL_ADDRESS: `127.0.0.1:${stack.portBase}`,
  };
  for (const date of DAYS) await feed(date);
}, 600_000);

afterAll(() =>
  endAll(
    () => Promise.all(staying.map(end)),
    () => stopStack({ ...stack, wipe: true }),
    () => rm(root, { recursive: true, force: true }),
  ),
);

const input = (): string => join(root, 'data', 'events', 'input');
async function feed(date: BusinessDate): Promise<void> {
  const shares = { seed: 1, duplicates: 0, late: 0, bad: 0, maximumDelay: 0, timeZone: ZONE };
  const files = folderSink(input(), await readSettings('pipelines/events'));
  const day = { ...shares, date, events: 240, rhythm: 'even', existing: 'refuse' } as const;
  await feedDay(day, undefined, files, () => undefined, new AbortController().signal);
}

async function inputOf(date: string): Promise<string[]> {
  const names = await readdir(input());
  return names.filter((name) => name.includes(date.replaceAll('-', ''))).map((name) => join(input(), name));
}

/** Makes what a reader has at that point, and a test has not. */
const GIVEN: Readonly<Record<string, () => Promise<unknown>>> = {
  // A running backfill.
  'npx daybreak backfill --from 2026-11-19 --to 2026-11-21 --cancel': () =>
    succeed('backfill --from 2026-11-19 --to 2026-11-21 --parallel 1 --only all --no-wait', environment),
  // A day with a version before the current one.
  'npx daybreak batch restore --date 2026-11-21': async () => {
    await appendFile((await inputOf(DAY))[0] ?? '', `{"hello":"late","id":900000,"time":"${DAY} 00:00:00"}\n`);
    await succeed(`batch run --date ${DAY}`, environment);
  },
  // A run that was refused.
  'npx daybreak batch rows --pipeline clicks --date 2026-09-30 --check unknown_product --limit 2': async () => {
    const { code, output } = await shell('npx daybreak batch run --pipeline clicks --date 2026-09-30');
    expect([code, output]).toEqual([1, expect.stringContaining('CHECK_FAILED')]);
  },
  // A Temporal that does not know the search attributes: a new namespace.
  'temporal operator search-attribute create --name DaybreakPipeline --type Keyword': async () => {
    expect(await shell(`temporal operator namespace create --namespace ${OTHER_NAMESPACE}`)).toMatchObject({ code: 0 });
  },
};

/** Commands that run until they are ended. Each has a check that shows that it does its work. */
const STAYING: Readonly<Record<string, (output: string) => boolean | Promise<boolean>>> = {
  'npx daybreak worker': (output) => output.includes('"msg":"ready"'),
  'npx daybreak worker --role speed': (output) => output.includes('"msg":"ready"'),
  'npx daybreak report --serve': async (output) => {
    const [url] = /http:\S+/.exec(output) ?? [];
    return url !== undefined && (await fetch(url)).ok;
  },
  'npx daybreak feed --rate 100': async () => (await inputOf(businessDateOf(new Date(), ZONE))).length > 0,
};

/**
 * The command with the ports and the data of this test and without npx. npx only finds the program, and takes a second for
 * it.
 */
function here(command: string): string {
  return command
    .replace('--port-base 20000', `--port-base ${stack.portBase}`)
    .replaceAll(' .daybreak/', ` ${root}/data/`)
    .replace('npx daybreak ', `${process.execPath} scripts/daybreak.mjs `);
}

function shell(command: string): Promise<{ code: number; output: string }> {
  return new Promise((ended) => {
    const namespace = command.startsWith('temporal') ? { TEMPORAL_NAMESPACE: OTHER_NAMESPACE } : {};
    const options = { env: { ...process.env, ...environment, ...namespace }, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile('sh', ['-c', here(command)], options, (_error, stdout, stderr) => {
      ended({ code: child.exitCode ?? -1, output: stderr + stdout });
    });
  });
}

async function start(command: string): Promise<ChildProcess> {
  // In a process group of its own, because the shell passes no signal on.
  const child = spawn('sh', ['-c', here(command)], { env: { ...process.env, ...environment }, detached: true });
  staying.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
  await until(command, async () => {
    const { exitCode, signalCode } = child;
    if (exitCode !== null || signalCode !== null) {
      throw new Error(`${command} ended with ${exitCode ?? signalCode}:\n${output}`);
    }
    return STAYING[command]?.(output);
  });
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, 'exit');
  process.kill(-child.pid, 'SIGTERM');
  await ended;
}

it('runs every command of the pages but those that it names', () => {
  const left = commands.map(({ command }) => command).filter((command) => command in EXCEPTIONS);
  expect([...new Set(left)].sort()).toEqual(Object.keys(EXCEPTIONS).sort());
  expect(run.length).toBeGreaterThan(40);
  const all = new Set(run.map(({ command }) => command));
  for (const command of [...Object.keys(GIVEN), ...Object.keys(STAYING)]) expect(all).toContain(command);
});

it.each(run.map(({ page, command }) => [page, command] as const))('%s: %s', async (page, command) => {
  await GIVEN[command]?.();
  if (command in STAYING) {
    const child = await start(command);
    // The first worker of the pages serves all that follows.
    if (command !== 'npx daybreak worker' || page !== 'README.md') await end(child);
    return;
  }
  const { code, output } = await shell(command);
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${output}`);
  if (command.includes('--open')) await until('the opened page', () => existsSync(join(root, 'opened')));
});

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
import { NOT_RUN } from '../../docs/commands-not-run';
import { commandsOf, documentedPages } from '../../docs/documented-commands';
import { endAll } from '../support/end-all';
import { succeed } from '../support/daybreak';
import { freePortBase } from '../support/test-stacks';
import { until } from '../support/until';

const ZONE = 'Asia/Seoul';
const OTHER_NAMESPACE = 'docs';
const DAY = '2026-11-21';
const DAYS = ['2026-11-19', '2026-11-20', DAY].map(parseBusinessDate);

let root: string;
let environment: Record<string, string>;
let stack: { portBase: number; directory: string };
const staying: ChildProcess[] = [];

const commands = documentedPages().flatMap(commandsOf);
const run = commands.filter(({ command }) => !(command in NOT_RUN));

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
});

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

it('makes what a command needs only for commands that it runs', () => {
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

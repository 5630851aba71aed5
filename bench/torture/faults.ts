import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { artifactsOf } from '../../scripts/stack/fetch/artifacts';
import { runningPid, stopProcess } from '../../scripts/stack/processes';
import { silentProgress } from '../../scripts/stack/progress';
import { serversOf } from '../../scripts/stack/servers';
import { startServer } from '../../scripts/stack/start';
import type { ServerName, Server, Stack } from '../../scripts/stack/stack';
import type { OwnPipeline } from '../../tests/integration/support/own-pipeline';
import type { Clock } from './clock';
import type { Link } from './link';
import type { Clocked, Disk, Fault, Linked, Target } from './schedule';
import type { S3Gate } from './s3-gate';
import type { SmallDisk } from './small-disk';
import type { WorkerProcess } from './worker-process';

/** What faults act on. */
export interface Subjects {
  readonly stack: Stack;
  readonly worker: WorkerProcess;
  readonly links: Readonly<Record<Linked, Link>>;
  /** Absent if the schedule needs none. */
  readonly s3: S3Gate | undefined;
  /** Empty if the schedule needs none. */
  readonly disks: ReadonlyMap<Disk, SmallDisk>;
  readonly clocks: ReadonlyMap<Target, Clock>;
  /** The one that a person edits. */
  readonly edited: OwnPipeline;
}

/** Takes a fault back. Resolves as soon as that has begun: a server that was started again is not yet healthy. */
export type End = () => Promise<void>;

/** Begins a fault that lasts. */
export function begin(fault: Exclude<Fault, { kind: 'twice' }>, subjects: Subjects): Promise<End> {
  switch (fault.kind) {
    case 'kill':
      return kill(fault.target, subjects);
    case 'pause':
      return pause(fault.target, subjects);
    case 'slow':
    case 'cut':
      return Promise.resolve(disturb(subjects.links[fault.target], fault.kind));
    case 's3':
      if (subjects.s3 === undefined) throw new Error('no pipeline publishes in S3');
      return Promise.resolve(disturb(subjects.s3, fault.state));
    case 'full':
      return fill(fault.disk, subjects);
    case 'jump':
      return jump(fault.target, fault.by, subjects);
    case 'edit':
      return edit(subjects);
    case 'half-table':
      return halfTable(subjects);
  }
}

async function kill(target: Target, { stack, worker, clocks }: Subjects): Promise<End> {
  if (target === 'worker') {
    worker.kill();
    return () => {
      worker.start();
      return Promise.resolve();
    };
  }
  process.kill(await pidOf(stack, target), 'SIGKILL');
  return () => startAgain(stack, target, clocks.get(target));
}

async function pause(target: Target, { stack, worker }: Subjects): Promise<End> {
  const pid = target === 'worker' ? worker.pid : await pidOf(stack, target);
  process.kill(pid, 'SIGSTOP');
  return () => {
    process.kill(pid, 'SIGCONT');
    return Promise.resolve();
  };
}

function disturb<State extends string>(link: { become(state: State | 'open'): void }, state: State): End {
  link.become(state);
  return () => {
    link.become('open');
    return Promise.resolve();
  };
}

async function fill(name: Disk, { disks }: Subjects): Promise<End> {
  const disk = disks.get(name);
  if (disk === undefined) throw new Error(`there is no small disk of ${name}`);
  await disk.fill();
  return () => disk.free();
}

async function jump(target: Clocked, by: number, { stack, worker, clocks }: Subjects): Promise<End> {
  const clock = clocks.get(target);
  if (clock === undefined) throw new Error(`${target} has no clock of its own`);
  await clock.mustBeOf(target === 'worker' ? worker.pid : await pidOf(stack, target));
  await clock.set(by);
  return () => clock.set(0);
}

/** The rows of the edited pipeline have a mark that the checker knows. */
async function edit({ edited }: Subjects): Promise<End> {
  const file = join(edited.folder, 'transform.sql');
  const before = await readFile(file, 'utf8');
  await writeFile(file, before.replace('n.name AS', "n.name || '~' AS"));
  return () => writeFile(file, before);
}

async function halfTable({ edited }: Subjects): Promise<End> {
  const file = join(edited.folder, 'names.ndjson');
  const before = await readFile(file);
  // In the middle of a line, as a copy that is under way leaves it.
  await truncate(file, before.indexOf('\n', before.length / 2) - 5);
  return () => writeFile(file, before);
}

async function pidOf(stack: Stack, name: ServerName): Promise<number> {
  const pid = await runningPid(stack, serverOf(stack, name));
  if (pid === undefined) throw new Error(`${name} does not run`);
  return pid;
}

/** Starts a server that has ended, and does not wait for it to be healthy. */
async function startAgain(stack: Stack, name: ServerName, clock?: Clock): Promise<void> {
  const server = serverOf(stack, name);
  const isStarted: Server = { ...server, check: () => Promise.resolve() };
  await startServer(
    stack,
    clock === undefined ? isStarted : withClock(isStarted, clock),
    silentProgress.step(server.title),
  );
}

/** Stops a server and starts it with a clock of its own. Waits until it is healthy. */
export async function giveClock(stack: Stack, name: ServerName, clock: Clock): Promise<void> {
  const server = serverOf(stack, name);
  await stopProcess(stack, server);
  await startServer(stack, withClock(server, clock), silentProgress.step(server.title));
}

function withClock(server: Server, { environment }: Clock): Server {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return {
    ...server,
    async launch() {
      const { command, args, cwd } = await server.launch();
      return { command: '/usr/bin/env', args: [...variables, command, ...args], cwd };
    },
  };
}

function serverOf(stack: Stack, name: ServerName): Server {
  const server = serversOf(stack, artifactsOf(silentProgress)).find((candidate) => candidate.name === name);
  if (server === undefined) throw new Error(`no server is called ${name}`);
  return server;
}

import { execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { hasCode } from '../../domain/errors';
import { keepClassArchive } from './fetch/class-archive';
import { logFile, type Launch, type Server, type Stack } from './stack';

const pidFile = (stack: Stack, server: Server): string => `${stack.directory}/run/${server.name}.pid`;

/** A process that is becoming the server has an empty pid file or another command line, for seconds on a busy machine. */
const POLLS = 50;
const POLL_MILLISECONDS = 100;

/** Whether the server was started and not stopped since. It may have ended by itself. */
export function isRecorded(stack: Stack, server: Server): boolean {
  return existsSync(pidFile(stack, server));
}

/**
 * The server's process id while it runs, else undefined. The system may have given the pid to another process since. So
 * its command line must hold the server's mark, which names the stack's folder.
 */
export async function runningPid(stack: Stack, server: Server): Promise<number | undefined> {
  for (let poll = 1; poll <= POLLS && existsSync(pidFile(stack, server)); poll += 1) {
    if (poll > 1) await sleep(POLL_MILLISECONDS);
    const text = await readFile(pidFile(stack, server), 'utf8').catch(() => '');
    const pid = Number.parseInt(text, 10);
    if (Number.isNaN(pid)) continue;
    const command = await commandLine(pid);
    if (command === undefined) return undefined;
    if (`${command} `.includes(` ${server.mark} `)) return pid;
  }
  return undefined;
}

/** Starts the server, detached from this process, with its output in its log file. */
export async function startProcess(stack: Stack, server: Server, { command, args, cwd }: Launch): Promise<void> {
  await mkdir(`${stack.directory}/run`, { recursive: true });
  mkdirSync(`${stack.directory}/log`, { recursive: true });
  await rm(pidFile(stack, server), { force: true });
  const log = openSync(logFile(stack, server.name), 'a');
  // The shell writes the pid before it becomes the server, so no server ever runs unrecorded.
  const child = spawn('/bin/sh', ['-c', 'echo $$ > "$0" && exec "$@"', pidFile(stack, server), command, ...args], {
    cwd,
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.unref();
  while (!existsSync(pidFile(stack, server)) && child.exitCode === null) await sleep(10);
}

/**
 * Ends the process. Returns how: 'absent', 'stopped', or 'killed' if it did not end within the time limit after
 * SIGTERM.
 */
export async function stopProcess(stack: Stack, server: Server): Promise<'absent' | 'stopped' | 'killed'> {
  const pid = await runningPid(stack, server);
  const command = pid === undefined ? undefined : await commandLine(pid);
  const outcome = pid === undefined ? 'absent' : await terminate(pid, server);
  if (outcome === 'stopped') await keepClassArchive(command ?? '');
  await rm(pidFile(stack, server), { force: true });
  return outcome;
}

async function terminate(pid: number, server: Server): Promise<'stopped' | 'killed'> {
  signal(pid, 'SIGTERM');
  const deadline = Date.now() + server.stopSeconds * 1000;
  while (Date.now() < deadline) {
    if (!(await isAlive(pid))) return 'stopped';
    await sleep(100);
  }
  signal(pid, 'SIGKILL');
  while (await isAlive(pid)) await sleep(50);
  return 'killed';
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

async function isAlive(pid: number): Promise<boolean> {
  return (await commandLine(pid)) !== undefined;
}

/** State and command line. Undefined for a process that has ended, also if its parent has not noticed yet. */
export async function commandLine(pid: number): Promise<string | undefined> {
  const line = existsSync('/proc/self/stat') ? await lineOfProc(pid) : await lineOfPs(pid);
  return line === '' || line.startsWith('Z') ? undefined : line;
}

/** A small Linux, as in a container, has no ps. */
async function lineOfProc(pid: number): Promise<string> {
  try {
    const [stat, args] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    // The state stands behind the name, which may hold anything.
    const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
    return `${state} ${args.split('\0').join(' ').trim()}`;
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT') || hasCode(thrown, 'ESRCH')) return '';
    throw thrown;
  }
}

async function lineOfPs(pid: number): Promise<string> {
  const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'stat=,args=', '-p', `${pid}`]).catch(
    (thrown: unknown) => {
      // Without such a process ps ends with 1.
      if (hasCode(thrown, 'ENOENT')) throw thrown;
      return { stdout: '' };
    },
  );
  return stdout.trim();
}

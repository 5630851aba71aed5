import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface ProcessUse {
  readonly cpuSeconds: number;
  /** The largest resident sizes so far, summed over the processes. */
  readonly peakMebibytes: number;
  /** The resident sizes now, summed over the processes. */
  readonly mebibytes: number;
}

/** What the given processes and all their descendants have used since their start, from Linux's /proc. */
export async function processUse(roots: readonly number[]): Promise<ProcessUse> {
  const stats = await allStats();
  const counted = new Set(roots);
  for (let before = 0; counted.size > before;) {
    before = counted.size;
    for (const { pid, parent } of stats) if (counted.has(parent)) counted.add(pid);
  }
  const mine = stats.filter(({ pid }) => counted.has(pid));
  const sizes = await Promise.all(mine.map(({ pid }) => kibibytesOf(pid)));
  return {
    cpuSeconds: Number((mine.reduce((sum, { ticks }) => sum + ticks, 0) / (await ticksPerSecond())).toFixed(2)),
    peakMebibytes: Math.round(sizes.reduce((sum, { peak }) => sum + peak, 0) / 1024),
    mebibytes: Math.round(sizes.reduce((sum, { now }) => sum + now, 0) / 1024),
  };
}

/**
 * CPU seconds of the process's first thread and of the thread that used most, of those that are there. Zeros if it has
 * ended.
 */
export async function threadUse(pid: number): Promise<{ readonly main: number; readonly busiest: number }> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const used = await Promise.all(
    threads.map(async (thread) => {
      const fields = await fieldsOf(`/proc/${pid}/task/${thread}/stat`);
      // User and system time.
      const sum = (fields ?? []).slice(11, 13).reduce((total, field) => total + Number(field), 0);
      return [thread, sum / (await ticksPerSecond())] as const;
    }),
  );
  const main = used.find(([thread]) => thread === String(pid))?.[1] ?? 0;
  return { main, busiest: Math.max(0, ...used.map(([, seconds]) => seconds)) };
}

/** CPU seconds in which the machine was not idle, since it started. */
export async function busySeconds(): Promise<number> {
  const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n', 1);
  const [, user = 0, nice = 0, system = 0, , , interrupts = 0, softInterrupts = 0] = line.split(/\s+/).map(Number);
  return (user + nice + system + interrupts + softInterrupts) / (await ticksPerSecond());
}

let ticks: Promise<number> | undefined;

function ticksPerSecond(): Promise<number> {
  return (ticks ??= promisify(execFile)('getconf', ['CLK_TCK']).then(({ stdout }) => Number(stdout)));
}

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
}

async function allStats(): Promise<Stat[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const stats = await Promise.all(pids.map(statOf));
  return stats.filter((stat) => stat !== undefined);
}

/** Undefined if the process has ended meanwhile. */
async function statOf(pid: number): Promise<Stat | undefined> {
  const fields = await fieldsOf(`/proc/${pid}/stat`);
  if (fields === undefined) return undefined;
  // User and system time, of the process and of its children that have ended.
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { pid, parent: Number(fields[1]), ticks };
}

/** The fields of a process or thread from its state on; undefined if it has ended meanwhile. */
async function fieldsOf(path: string): Promise<string[] | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** The resident sizes; zeros if the process has ended meanwhile. */
export async function kibibytesOf(pid: number): Promise<{ readonly peak: number; readonly now: number }> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const size = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1] ?? 0);
  return { peak: size('VmHWM'), now: size('VmRSS') };
}

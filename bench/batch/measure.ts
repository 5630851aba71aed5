import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { kibibytesOf, processUse, threadUse, type ProcessUse } from '../speed/process-use';

export interface Measured {
  readonly name: string;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Of the command and all its children together. */
  readonly peakMebibytes: number;
  /** CPU seconds of the command's first thread, and of its busiest one. */
  readonly mainSeconds: number;
  readonly busiestSeconds: number;
  /** Of the command alone. */
  readonly ownPeakMebibytes: number;
}

export interface Looks {
  /** Called at each poll with what the command and its children use. */
  readonly onUse?: (use: ProcessUse) => void;
  /** Milliseconds. Default 50, since an unchanged day takes a fifth of a second. */
  readonly pause?: number;
}

/** Runs a command to its end and watches it and all its children. Throws with the command's last words if it fails. */
export async function measure(
  name: string,
  command: readonly string[],
  { onUse, pause = 50 }: Looks = {},
): Promise<Measured> {
  const [program = '', ...args] = command;
  const began = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  child.stderr.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-2000);
  });
  let [cpuSeconds, peakMebibytes, ownPeakMebibytes, mainSeconds, busiestSeconds] = [0, 0, 0, 0, 0];
  const { pid } = child;
  const poll = async (): Promise<void> => {
    if (pid === undefined) return;
    const use = await processUse([pid]);
    cpuSeconds = Math.max(cpuSeconds, use.cpuSeconds);
    peakMebibytes = Math.max(peakMebibytes, use.peakMebibytes);
    const threads = await threadUse(pid);
    mainSeconds = Math.max(mainSeconds, threads.main);
    busiestSeconds = Math.max(busiestSeconds, threads.busiest);
    ownPeakMebibytes = Math.max(ownPeakMebibytes, Math.round((await kibibytesOf(pid)).peak / 1024));
    onUse?.(use);
  };
  const ended = new AbortController();
  const looking = (async () => {
    while (!ended.signal.aborted) {
      await poll();
      await sleep(pause);
    }
  })();
  const [status] = (await once(child, 'exit')) as [number | null];
  const seconds = (performance.now() - began) / 1000;
  ended.abort();
  await looking;
  if (status !== 0) throw new Error(`${name} ended with ${status ?? 'a signal'}: ${words}`);
  return {
    name,
    seconds: Number(seconds.toFixed(2)),
    cpuSeconds,
    peakMebibytes,
    ownPeakMebibytes,
    mainSeconds,
    busiestSeconds,
  };
}

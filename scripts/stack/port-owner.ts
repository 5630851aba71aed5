import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DaybreakError } from '../../domain/errors';
import type { Server } from './stack';

/** A process that was killed holds its port until the system has taken it apart. Then the port has no owner to show. */
const LONGEST_END_MILLISECONDS = 5_000;
const POLL_MILLISECONDS = 100;

/** Throws PORT_TAKEN if another process listens on a port that the server needs. */
export async function requirePorts({
  title,
  port,
  otherPorts,
}: Pick<Server, 'title' | 'port' | 'otherPorts'>): Promise<void> {
  for (const needed of [port, ...otherPorts]) await requirePort(title, needed);
}

async function requirePort(title: string, port: number): Promise<void> {
  const began = performance.now();
  let owner: string | undefined;
  while (owner === undefined && performance.now() - began < LONGEST_END_MILLISECONDS) {
    if (await isFree(port)) return;
    owner = await ownerOf(port);
    if (owner === undefined) await sleep(POLL_MILLISECONDS);
  }
  throw new DaybreakError('PORT_TAKEN', {
    what: `${title} needs port ${port}, which is taken${owner === undefined ? '' : ` by ${owner}`}`,
    remedy: 'End that process, or give the stack other ports with --port-base, such as --port-base 20000.',
  });
}

/** Whether a server could listen on 127.0.0.1:port now. */
export async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => {
      resolve(false);
    });
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      probe.close(() => {
        resolve(true);
      });
    });
  });
}

/** 'name (pid 123)' of the process that listens on the port, if the system shows it. */
async function ownerOf(port: number): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']).catch(() => ({
    stdout: '',
  }));
  const [, pid, name] = /^p(\d+)\nc(.*)$/m.exec(stdout) ?? [];
  return pid === undefined || name === undefined ? undefined : `${name} (pid ${pid})`;
}

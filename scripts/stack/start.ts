import { mkdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DaybreakError, messageOf } from '../../domain/errors';
import { artifactsOf } from './fetch/artifacts';
import { withLock } from './lock';
import { requirePorts } from './port-owner';
import { runningPid, startProcess } from './processes';
import { silentProgress, type Progress, type Step } from './progress';
import { serversOf } from './servers';
import { versitygw } from './servers/versitygw';
import { logFile, STACK_TITLE, stackOf, type Server, type ServerName, type Stack, type StackOptions } from './stack';

/** How long a server may take to become healthy. */
const TIMEOUT_MILLISECONDS = 180_000;

export interface StartOptions extends StackOptions {
  readonly progress?: Progress;
  /** Also starts a local S3 with an empty bucket. Default: no storage. */
  readonly storage?: 's3' | undefined;
  /** Ends the wait for servers, and starts no more of them. Those that have started stay up. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Starts every server that does not run yet and waits until all are healthy. Servers that already run are left alone.
 * Throws MISSING_TOOL, DOWNLOAD_FAILED, PORT_TAKEN, SERVER_FAILED or the reason of `signal`. Servers that were started
 * before a failure stay up.
 */
export async function startStack({
  progress = silentProgress,
  storage,
  signal,
  ...options
}: StartOptions = {}): Promise<Stack> {
  const stack = stackOf(options);
  const artifacts = artifactsOf(progress);
  const servers = serversOf(stack, artifacts);
  if (storage === 's3') servers.push(versitygw(stack, artifacts, stack.ports.s3));
  await mkdir(stack.directory, { recursive: true });
  const start = async (): Promise<void> => {
    for (const server of servers) {
      if ((await runningPid(stack, server)) === undefined) await requirePorts(server);
    }
    // One after the other, because Maven and Go use all cores anyway.
    const needed = ['temporal', 'kafka', 'druid', ...(storage === 's3' ? (['versitygw'] as const) : [])] as const;
    for (const name of needed) {
      signal?.throwIfAborted();
      await artifacts[name]();
    }
    await startAll(stack, servers, progress, signal);
    // Loaded only here, because the SDK takes long to load.
    if (storage === 's3') await (await import('./servers/local-bucket')).makeBucket(stack);
  };
  await orReasonOf(signal, () => withLock(stack.directory, start, { title: STACK_TITLE, progress, signal }));
  return stack;
}

/** Does the work. Throws the reason of `signal` also if that has made a tool fail: Ctrl-C reaches it, too. */
export async function orReasonOf<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    signal?.throwIfAborted();
    throw thrown;
  }
}

/** Starts servers together unless one must wait for another. If one fails, the others still come up. */
async function startAll(
  stack: Stack,
  servers: readonly Server[],
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<void> {
  const starts = new Map<ServerName, Promise<void>>();
  for (const server of servers) {
    const before = server.after.map((name) => starts.get(name) ?? Promise.resolve());
    starts.set(
      server.name,
      Promise.all(before).then(() => startServer(stack, server, progress.step(server.title), signal)),
    );
  }
  const outcomes = await Promise.allSettled([...starts.values()]);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason as unknown;
}

/** Starts one server, unless it runs, and waits until it is healthy. Throws SERVER_FAILED, or the reason of `signal`. */
export async function startServer(stack: Stack, server: Server, step: Step, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const already = await runningPid(stack, server);
  if (already === undefined) {
    step.update('preparing');
    await server.prepare();
    await startProcess(stack, server, await server.launch());
  }
  await untilHealthy(stack, server, step, signal);
  step.done(already === undefined ? `up at ${server.url}` : `was up at ${server.url}`);
}

async function untilHealthy(stack: Stack, server: Server, step: Step, signal: AbortSignal | undefined): Promise<void> {
  const deadline = Date.now() + TIMEOUT_MILLISECONDS;
  let reason = '';
  while (Date.now() < deadline) {
    signal?.throwIfAborted();
    step.update('waiting for it to answer');
    // Checked first: if a server has ended, another one may use its port and answer in its place.
    if ((await runningPid(stack, server)) === undefined) {
      reason = 'its process ended';
      break;
    }
    try {
      await server.check();
      return;
    } catch (error) {
      reason = messageOf(error);
    }
    await sleep(300);
  }
  step.fail(reason);
  const log = logFile(stack, server.name);
  throw new DaybreakError('SERVER_FAILED', {
    what: `${server.title} did not become healthy: ${reason}; the end of ${log}:\n${await lastLines(log, 20)}\n`,
    remedy: 'Correct the cause and run `daybreak up` again. `daybreak down --wipe` also removes its data.',
  });
}

async function lastLines(file: string, count: number): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '(no log)');
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

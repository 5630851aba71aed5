import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from '../scripts/session';
import { createProgress, startStack, stopStack } from '../scripts/stack';
import { readConfig, type Config } from '../worker/config';

export interface OwnStack {
  readonly root: string;
  readonly config: Config;
  readonly session: Session;
}

/**
 * Runs `work` with real servers, started from DAYBREAK_PORT_BASE (default 26000) on, with data and pipelines below a
 * folder of their own, which goes when they do. SIGINT and SIGTERM end it.
 *
 * @param prepare what has to be there before the servers are.
 */
export async function onOwnStack(
  prepare: (config: Config) => Promise<void>,
  work: (stack: OwnStack) => Promise<void>,
): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'daybreak-bench-'));
  const portBase = Number(process.env['DAYBREAK_PORT_BASE'] ?? 26_000);
  const environment = {
    DAYBREAK_PORT_BASE: String(portBase),
    DAYBREAK_STACK: join(root, 'stack'),
    DAYBREAK_PIPELINES: join(root, 'pipelines'),
    DAYBREAK_DATA: join(root, 'data'),
  };
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      ending.abort();
    });
  const session = new Session(ending.signal);
  session.environment = environment;
  const config = readConfig({ ...process.env, ...environment });
  const stack = { portBase, directory: environment.DAYBREAK_STACK };
  try {
    await prepare(config);
    await startStack({ ...stack, progress: createProgress() });
    await work({ root, config, session });
  } finally {
    await session.end();
    await stopStack({ ...stack, wipe: true });
    await rm(root, { recursive: true, force: true });
  }
}

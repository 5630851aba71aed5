import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withoutServers } from '../scripts/demo/own-servers';
import { Session } from '../scripts/demo/session';
import { onEnding } from '../scripts/output/ending';
import { createProgress, startStack, stopStack, type StackOptions } from '../scripts/stack';
import { ownPipeline, type OwnPipeline } from '../tests/integration/support/own-pipeline';
import { readConfig, type Config } from '../worker/config';

export interface Servers {
  readonly config: Config;
  readonly session: Session;
  /** A copy of the example pipeline with a name of its own. The session's commands find no other pipeline. */
  readonly pipeline: OwnPipeline;
  /** A folder for logs. It is removed at the end. */
  readonly logs: string;
  readonly stack: Pick<StackOptions, 'portBase' | 'directory'> & { kafkaProxyPort?: number; storage?: 's3' };
  /** What is done when the servers have stopped, and before their folders are removed. */
  readonly atEnd: (() => Promise<void>)[];
}

/**
 * Runs `work` with real servers and a pipeline of its own. Starts the servers from DAYBREAK_PORT_BASE (default 26000)
 * on and wipes them at the end. If DAYBREAK_BENCH_STACK is set, it takes the running servers from that port on and
 * leaves them. No variable of the shell names other servers. SIGINT, SIGTERM and SIGHUP end it.
 *
 * @param change edits the text of pipeline.yaml.
 * @param prepare makes what must be there before the servers are, and may change `stack`.
 */
export async function withServers<Prepared>(
  change: (yaml: string) => string,
  prepare: (servers: Servers) => Promise<Prepared>,
  work: (servers: Servers, prepared: Prepared) => Promise<void>,
): Promise<void> {
  const running = process.env['DAYBREAK_BENCH_STACK'];
  const portBase = Number(running ?? process.env['DAYBREAK_PORT_BASE'] ?? 26_000);
  const root = await mkdtemp(join(tmpdir(), 'daybreak-bench-'));
  const pipeline = await ownPipeline(change);
  const environment = {
    DAYBREAK_PORT_BASE: String(portBase),
    DAYBREAK_STACK: join(root, 'stack'),
    ...pipeline.environment,
  };
  const ending = new AbortController();
  onEnding(() => {
    ending.abort();
  });
  // Whatever this process starts inherits it.
  process.env = { ...withoutServers(process.env, join(root, 'none.toml')), ...environment };
  const session = new Session(ending.signal, join(__dirname, '../scripts/daybreak.mjs'));
  session.environment = environment;
  const config = readConfig();
  const stack: Servers['stack'] = { portBase, directory: environment.DAYBREAK_STACK };
  const atEnd: Servers['atEnd'] = [];
  try {
    const servers = { config, session, pipeline, logs: root, stack, atEnd };
    const prepared = await prepare(servers);
    if (running === undefined) await startStack({ ...stack, progress: createProgress() });
    await work(servers, prepared);
  } finally {
    await session.end();
    if (running === undefined) await stopStack(stack);
    for (const end of atEnd) await end();
    await pipeline.remove();
    await rm(root, { recursive: true, force: true });
  }
}

import { access, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../domain/errors';
import { artifactsOf } from './fetch/artifacts';
import { withLock } from './lock';
import { stopProcess } from './processes';
import { silentProgress, type Progress } from './progress';
import { startedServersOf } from './servers';
import {
  STACK_FOLDERS,
  STACK_TITLE,
  stackOf,
  type Server,
  type ServerName,
  type Stack,
  type StackOptions,
} from './stack';

export interface StopOptions extends StackOptions {
  readonly progress?: Progress;
  /** Whether data and logs are removed, too. Default: false. */
  readonly wipe?: boolean;
}

/**
 * The coordinator stops before the indexer, because its supervisors end tasks that still answer, but wait for tasks
 * that do not. ZooKeeper and Kafka stop last, when nobody uses them any more. Servers of one row stop together.
 */
const ORDER: readonly (readonly ServerName[])[] = [
  ['temporal', 'druid-coordinator', 'druid-broker'],
  ['druid-indexer', 'druid-historical'],
  ['zookeeper', 'kafka', 'versitygw', 'hdfs'],
];

/** Stops what startStack started in the same folder, and nothing else. */
export async function stopStack({
  progress = silentProgress,
  wipe = false,
  ...options
}: StopOptions = {}): Promise<void> {
  const stack = stackOf(options);
  if (!(await exists(stack.directory))) return;
  const servers = startedServersOf(stack, artifactsOf(progress));
  const stop = async (server: Server): Promise<void> => {
    const step = progress.step(server.title);
    step.update('stopping');
    const outcome = await stopProcess(stack, server);
    const notes = {
      absent: 'was not running',
      stopped: 'stopped',
      killed: `killed: it did not stop within ${server.stopSeconds} s`,
    };
    step.done(notes[outcome]);
  };
  const stopAll = async (): Promise<void> => {
    for (const row of ORDER) {
      await Promise.all(servers.filter(({ name }) => row.includes(name)).map(stop));
    }
    if (wipe) await removeStack(stack);
  };
  await withLock(stack.directory, stopAll, { title: STACK_TITLE, progress });
}

/** Removes what the stack has written, and its folder unless that has other files too. */
async function removeStack({ directory }: Stack): Promise<void> {
  for (const name of STACK_FOLDERS) await rm(join(directory, name), { recursive: true, force: true });
  await rmdir(directory).catch((thrown: unknown) => {
    // Another wipe may have removed it.
    if (!hasCode(thrown, 'ENOTEMPTY') && !hasCode(thrown, 'ENOENT')) throw thrown;
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/* eslint-disable @typescript-eslint/no-require-imports, @typescript-eslint/consistent-type-imports -- a command line loads what its command needs and no more:
   all of them take a second. Not by `import()`, because commands are made, as Commander wants them, without waiting. */
import { Command } from 'commander';

type Makers = Readonly<Record<string, () => Command>>;

/**
 * The command that a command line names, such as ['batch', 'run']; every one, in the order in which help lists them,
 * where it names none.
 */
export function commands([name, child]: readonly string[] = []): Command[] {
  return chosen(
    {
      up: () => (require('./up') as typeof import('./up')).upCommand(),
      down: () => (require('./down') as typeof import('./down')).downCommand(),
      status: () => (require('./status') as typeof import('./status')).statusCommand(),
      worker: () => (require('./worker') as typeof import('./worker')).workerCommand(),
      feed: () => (require('./feed') as typeof import('./feed')).feedCommand(),
      speed: () => (require('./speed') as typeof import('./speed')).speedCommand(),
      batch: () => batchCommand(child),
      backfill: () => (require('./backfill') as typeof import('./backfill')).backfillCommand(),
      report: () => (require('./report') as typeof import('./report')).reportCommand(),
      schedule: () => (require('./schedule') as typeof import('./schedule')).scheduleCommand(),
      dlq: () => (require('./dlq') as typeof import('./dlq')).dlqCommand(),
      pipeline: () => (require('./pipeline') as typeof import('./pipeline')).pipelineCommand(),
    },
    name,
  );
}

function batchCommand(name: string | undefined): Command {
  const batch = new Command('batch').description('recompute one day, or prove, restore or build it');
  const makers: Makers = {
    run: () => (require('./batch/run') as typeof import('./batch/run')).batchRunCommand(),
    verify: () => (require('./batch/verify') as typeof import('./batch/verify')).batchVerifyCommand(),
    restore: () => (require('./batch/restore') as typeof import('./batch/restore')).batchRestoreCommand(),
    build: () => (require('./batch/build') as typeof import('./batch/build')).batchBuildCommand(),
  };
  for (const command of chosen(makers, name)) batch.addCommand(command);
  return batch;
}

function chosen(makers: Makers, name: string | undefined): Command[] {
  const named = Object.entries(makers).filter(([candidate]) => candidate === name);
  return (named.length === 0 ? Object.entries(makers) : named).map(([, make]) => make());
}

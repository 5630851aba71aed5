import { Command } from 'commander';
import { backfillCommand } from './backfill';
import { batchBuildCommand } from './batch-build';
import { batchRestoreCommand } from './batch-restore';
import { batchRunCommand } from './batch-run';
import { batchVerifyCommand } from './batch-verify';
import { dlqCommand } from './dlq';
import { downCommand } from './down';
import { feedCommand } from './feed';
import { pipelineCommand } from './pipeline';
import { reportCommand } from './report';
import { scheduleCommand } from './schedule';
import { speedCommand } from './speed';
import { statusCommand } from './status';
import { upCommand } from './up';
import { workerCommand } from './worker';

/** Every command of `daybreak`, in the order in which help lists them. */
export function commands(): Command[] {
  return [
    upCommand(),
    downCommand(),
    statusCommand(),
    workerCommand(),
    feedCommand(),
    speedCommand(),
    new Command('batch')
      .description('the recompute of a day')
      .addCommand(batchRunCommand())
      .addCommand(batchVerifyCommand())
      .addCommand(batchRestoreCommand())
      .addCommand(batchBuildCommand()),
    backfillCommand(),
    reportCommand(),
    scheduleCommand(),
    dlqCommand(),
    pipelineCommand(),
  ];
}

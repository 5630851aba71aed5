import { Command } from 'commander';
import { batchBuildCommand } from './build';
import { batchRestoreCommand } from './restore';
import { batchRowsCommand } from './rows';
import { batchRunCommand } from './run';
import { batchVerifyCommand } from './verify';

export function batchCommand(): Command {
  return new Command('batch')
    .description('recompute one day, or prove, restore or build it')
    .addCommand(batchRunCommand())
    .addCommand(batchRowsCommand())
    .addCommand(batchVerifyCommand())
    .addCommand(batchRestoreCommand())
    .addCommand(batchBuildCommand());
}

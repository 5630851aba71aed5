import { Command } from 'commander';
import { portBaseOption } from '../../stack/port-base';
import type { StatusOptions } from '../actions/status';
import { pipelineOption } from '../pipeline-option';

export function statusCommand(): Command {
  return new Command('status')
    .description('show servers, realtime and the last recomputed days. Exits with 1 if a server is down')
    .addOption(pipelineOption())
    .addOption(portBaseOption())
    .option('--watch', 'show it again every two seconds', false)
    .option('--json', 'print JSON', false)
    .action(async (options: StatusOptions) => (await import('../actions/status')).run(options));
}

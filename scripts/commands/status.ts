import { Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfig } from '../../worker/config';
import { describeStatus } from '../output/describe-status';
import { print, printJson } from '../output/print';
import { requirePipeline } from '../run-day';
import { portBaseOption } from '../stack/port-base';
import { lookAtStatus } from '../status';

interface Options {
  readonly pipeline: string;
  readonly portBase?: number;
  readonly json: boolean;
  readonly watch: boolean;
}

export function statusCommand(): Command {
  return new Command('status')
    .description('servers, realtime and the last recomputed days on one screen; exits with 1 where a server is down')
    .option('--pipeline <name>', 'name of the pipeline', 'events')
    .addOption(portBaseOption())
    .option('--watch', 'again every two seconds', false)
    .option('--json', 'print JSON', false)
    .action(async ({ pipeline, portBase, json, watch }: Options) => {
      const config = readConfig({
        ...process.env,
        ...(portBase !== undefined && { DAYBREAK_PORT_BASE: String(portBase) }),
      });
      const loaded = await requirePipeline(config, pipeline);
      do {
        const status = await lookAtStatus(config, { pipeline, loaded, portBase });
        if (json) printJson(status);
        else describeStatus(status).forEach(print);
        process.exitCode = status.servers.every(({ up }) => up) ? 0 : 1;
        if (watch) await sleep(2_000);
      } while (watch);
    });
}

import { Command } from 'commander';
import { readConfig } from '../../../worker/config';
import { describeStatus } from '../../output/describe/describe-status';
import { jsonOf } from '../../output/print';
import type { Line } from '../../output/safe-text';
import { watching } from '../../output/watching';
import { readPipelineFolder } from '../../operate/pipeline-folder';
import { portBaseOption } from '../../stack/port-base';
import { lookAtStatus } from '../../operate/status/status';

interface Options {
  readonly pipeline: string;
  readonly portBase?: number;
  readonly json: boolean;
  readonly watch: boolean;
}

export function statusCommand(): Command {
  return new Command('status')
    .description('show servers, realtime and the last recomputed days. Exits with 1 if a server is down')
    .option('--pipeline <name>', 'name of the pipeline', 'events')
    .addOption(portBaseOption())
    .option('--watch', 'show it again every two seconds', false)
    .option('--json', 'print JSON', false)
    .action(async ({ pipeline, portBase, json, watch }: Options) => {
      const config = readConfig({
        ...process.env,
        ...(portBase !== undefined && { DAYBREAK_PORT_BASE: String(portBase) }),
      });
      const look = async (): Promise<readonly Line[]> => {
        const folder = await readPipelineFolder(config, pipeline);
        const status = await lookAtStatus(config, { pipeline, folder, portBase });
        process.exitCode = status.servers.every(({ up }) => up) ? 0 : 1;
        return json ? [jsonOf(status)] : describeStatus(status);
      };
      await watching(look, { again: watch });
    });
}

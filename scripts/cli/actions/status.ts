import { readConfig } from '../../../worker/config';
import { requirePipeline } from '../../operate/pipeline-folder';
import { jsonOf } from '../../output/print';
import type { Line } from '../../output/safe-text';
import { watching } from '../../output/watching';

export interface StatusOptions {
  readonly pipeline: string;
  readonly portBase?: number;
  readonly json: boolean;
  readonly watch: boolean;
}

export async function run({ pipeline, portBase, json, watch }: StatusOptions): Promise<void> {
  const config = readConfig({
    ...process.env,
    ...(portBase !== undefined && { DAYBREAK_PORT_BASE: String(portBase) }),
  });
  const poll = async (): Promise<readonly Line[]> => {
    // The clients of all servers take a while to load. A wrong name is reported before.
    await requirePipeline(config, pipeline);
    const { pollStatus } = await import('../../operate/status/status');
    const { describeStatus } = await import('../../output/describe/describe-status');
    const status = await pollStatus(config, { pipeline, portBase });
    process.exitCode = status.servers.every(({ up }) => up) ? 0 : 1;
    return json ? [jsonOf(status)] : describeStatus(status);
  };
  await watching(poll, { again: watch });
}

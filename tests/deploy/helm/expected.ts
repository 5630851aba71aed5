import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { parseCommand } from '../../docs/parse-command';
import { parseCompose } from '../check/compose-project';
import type { ExpectedOfChart } from './check';
import { ROOT } from './chart';

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const PASSWORDS = ['POSTGRES', 'DRUID_METADATA', 'TEMPORAL_DATABASE', 'GRAFANA'];

/** What the rest of the repository says. Builds the parser of Compose files the first time. */
export async function expectedOfChart(): Promise<ExpectedOfChart> {
  const environment = Object.fromEntries(PASSWORDS.map((name) => [`${name}_PASSWORD`, 'given']));
  const { project } = await parseCompose(read('docker-compose.yml'), environment);
  const worker = project.services['worker'];
  const [, minutes] = /^(\d+)m0s$/.exec(worker?.stop_grace_period ?? '') ?? [];
  return {
    version: z.object({ version: z.string() }).parse(JSON.parse(read('package.json'))).version,
    variables: Object.keys(worker?.environment ?? {}),
    graceSeconds: Number(minutes) * 60,
    isCommand: (args) => {
      try {
        parseCommand(args);
        return true;
      } catch {
        return false;
      }
    },
  };
}

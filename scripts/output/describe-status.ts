import { describeIngestion } from '../ingestion';
import { runAgain } from '../remedies';
import type { ServerStatus } from '../server-status';
import { describeSpeed } from '../speed-status';
import type { Status } from '../status';
import { table } from './table';

/** A status as people read it, no line wider than a screen but for what servers say. */
export function describeStatus({ pipeline, servers, temporal, ingestion, speed, days, waiting }: Status): string[] {
  return [
    ...describeServers(servers),
    ...(temporal ? [] : ['speed layer and days: not known while Temporal does not answer']),
    ...(temporal && speed === undefined
      ? [`speed layer of ${pipeline}: not running`, `→ Start it: npx daybreak speed start --pipeline ${pipeline}`]
      : []),
    ...(speed === undefined ? [] : describeSpeed(speed, ingestion)),
    ...(speed === undefined && ingestion !== undefined ? describeIngestion(ingestion) : []),
    ...(temporal && days.length === 0 ? ['no day was recomputed yet'] : []),
    ...(days.length === 0
      ? []
      : [
          table([['day', 'outcome', 'started'], ...days.map(({ date, outcome, started }) => [date, outcome, started])]),
        ]),
    ...days.flatMap(({ date, remedy }) =>
      remedy === undefined ? [] : [`→ ${date}: ${remedy}`, `  then ${runAgain(pipeline, date)}`],
    ),
    ...waiting.flatMap(({ date, why, remedy }) => [`${date} waits for a recompute: ${why}`, `→ ${remedy}`]),
  ];
}

/** The table, then a line for each server that is not up, then what to do, each remedy once. */
function describeServers(servers: readonly ServerStatus[]): string[] {
  const wrong = servers.filter(({ up }) => !up);
  return [
    table([['server', 'state', 'address'], ...servers.map(({ title, state, url }) => [title, state, url])]),
    ...wrong.map(({ title, detail }) => `! ${title}: ${detail}`),
    ...new Set(wrong.map(({ remedy }) => `→ ${remedy}`)),
  ];
}

import { runAgain } from '../../operate/remedies';
import type { ServerStatus } from '../../operate/status/server-status';
import type { Status } from '../../operate/status/status';
import { describeIngestion } from './describe-ingestion';
import { describeSpeed } from './describe-speed';
import { describeVersions } from './describe-versions';
import type { Line } from '../safe-text';
import { table } from '../table';

/** A status as text for people. No line is wider than a screen, except what servers report. */
export function describeStatus(status: Status): Line[] {
  const { pipeline, folder, servers, temporal, ingestion, speed, ended, paused, days, waiting } = status;
  return [
    ...describeServers(servers),
    ...(temporal ? [] : ['speed layer and days: not known, because Temporal does not answer as it should']),
    ...(temporal && speed === undefined
      ? [
          `speed layer of ${pipeline}: not running`,
          ...(ended === undefined ? [] : [`! ${ended.what}`]),
          `→ ${ended?.remedy ?? `Start it: npx daybreak speed start --pipeline ${pipeline}`}`,
        ]
      : []),
    ...(speed === undefined ? [] : describeSpeed(speed, ingestion, folder)),
    ...(speed === undefined ? describeVersions(pipeline, folder, []) : []),
    ...(speed === undefined && ingestion !== undefined ? describeIngestion(ingestion) : []),
    ...(temporal ? describePaused(pipeline, paused) : []),
    ...(temporal && days.length === 0 ? ['no day was recomputed yet'] : []),
    ...(days.length === 0
      ? []
      : [
          table([
            ['day', 'outcome', 'started', 'version'],
            ...days.map(({ date, outcome, started, version }) => [date, outcome, started, version ?? '']),
          ]),
        ]),
    ...describeTables(status),
    ...describeOtherVersions(status),
    ...days.flatMap(({ date, remedy, restore }) =>
      remedy === undefined ? [] : [`→ ${date}: ${remedy}`, `  then ${runAgain(pipeline, date, restore)}`],
    ),
    ...waiting.flatMap(({ date, why, remedy }) => [`${date} waits for a recompute: ${why}`, `→ ${remedy}`]),
  ];
}

function describePaused(pipeline: string, paused: Status['paused']): string[] {
  if (paused === undefined) return ['schedules: not known, because Temporal does not say'];
  if (paused.length === 0) return [];
  return [
    ...paused.map(({ schedule, note }) => `! the schedule ${schedule} is paused${note === '' ? '' : `: ${note}`}`),
    `→ When it may go on: npx daybreak schedule resume --pipeline ${pipeline}`,
  ];
}

/** The version of each table by date, of realtime's and of the days' builds. */
function describeTables({ days, folder }: Status): string[] {
  if (!('tables' in folder)) return [];
  const { tables = {} } = folder;
  return Object.entries(tables).flatMap(([name, file]) => [
    `table ${name}: ${file} now`,
    ...days.flatMap(({ date, tables: ofDay = {} }) => {
      const version = ofDay[name];
      return version === undefined ? [] : [`  ${date} was built with ${version}`];
    }),
  ]);
}

/** The days whose build has another version than a recompute would have. */
function describeOtherVersions({ pipeline, days }: Status): string[] {
  const dates = days.filter(({ isOther = false }) => isOther).map(({ date }) => date);
  dates.sort();
  const [first, last] = [dates[0], dates.at(-1)];
  if (first === undefined || last === undefined) return [];
  return [
    `built with another version than a build would have now: ${dates.join(', ')}`,
    `→ To build them anew: npx daybreak backfill --pipeline ${pipeline} --from ${first} --to ${last} --only changed`,
  ];
}

/** The table, a line for each server that is not up, then what to do: each remedy once. */
function describeServers(servers: readonly ServerStatus[]): Line[] {
  const wrong = servers.filter(({ up }) => !up);
  return [
    table([['server', 'state', 'address'], ...servers.map(({ title, state, url }) => [title, state, url])]),
    ...wrong.map(({ title, detail }) => `! ${title}: ${detail}`),
    ...new Set(wrong.map(({ remedy }) => `→ ${remedy}`)),
  ];
}

import { ERROR_CODES } from '../../../../domain/errors';
import { isGateCode } from '../../../../domain/gate';
import { describeStatus } from '../../../../scripts/output/describe/describe-status';
import { remedyOf } from '../../../../scripts/operate/remedies';
import type { Status } from '../../../../scripts/operate/status/status';
import type { ServerStatus } from '../../../../scripts/operate/status/server-status';

const DATE = '2026-11-21';
const WIDTH = 120;
const FOLDER_VERSION = '0123456789ab';

function status(changed: Partial<Status>): string {
  const folder = { version: FOLDER_VERSION };
  const nothing = { folder, ingestion: undefined, speed: undefined, paused: [], days: [], waiting: [], servers: [] };
  return describeStatus({ pipeline: 'events', temporal: true, ...nothing, ...changed }).join('\n');
}

const server = (title: string, changed: Partial<ServerStatus> = {}): ServerStatus => ({
  title,
  url: 'http://127.0.0.1:8081',
  up: true,
  state: 'up',
  detail: '',
  remedy: '',
  ...changed,
});

it.each(Object.keys(ERROR_CODES))('names the day that ended with %s, what to do, and the command', (code) => {
  const outcome = `${isGateCode(code) ? 'refused' : 'failed'}:${code}`;
  const shown = status({
    days: [
      { date: DATE, outcome, started: '2026-11-22T15:30:00Z', remedy: remedyOf(outcome)! },
      { date: '2026-11-20', outcome: 'replaced', started: '2026-11-21T15:30:00Z' },
    ],
  });
  expect(shown).toMatch(new RegExp(`│ ${DATE} │ +${outcome} │`));
  expect(shown).toMatch(new RegExp(`^→ ${DATE}: [A-Z].*\\.$`, 'm'));
  expect(shown).toContain(`  then npx daybreak batch run --pipeline events --date ${DATE}`);
  expect(shown).not.toContain('2026-11-20:');
});

it('names the restore of a day whose restore failed, and no run that would build again what it undoes', () => {
  const [outcome, started] = ['failed:NOT_SERVED', '2026-11-22T15:30:00Z'];
  const shown = status({ days: [{ date: DATE, outcome, started, remedy: remedyOf(outcome)!, restore: 'previous' }] });
  expect(shown).toContain(`  then npx daybreak batch restore --pipeline events --date ${DATE} --version previous`);
  expect(shown).not.toContain('batch run');
});

it('says of each server that is not up one line, and each remedy once, within the width of a screen', () => {
  const down = { up: false, state: 'down', detail: 'does not answer', remedy: 'Start it: npx daybreak up' } as const;
  const lines = status({ servers: [server('Temporal'), server('Kafka', down), server('Druid broker', down)] }).split(
    '\n',
  );
  expect(lines).toContain('! Kafka: does not answer');
  expect(lines).toContain('! Druid broker: does not answer');
  expect(lines.filter((line) => line === '→ Start it: npx daybreak up')).toHaveLength(1);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(WIDTH);
});

it('claims nothing of speed layer and days while Temporal does not answer', () => {
  const away = status({ temporal: false });
  expect(away).toContain('not known, because Temporal does not answer as it should');
  expect(away).not.toMatch(/not running|no day was recomputed/);
  expect(status({})).toMatch(/not running[\s\S]*npx daybreak speed start[\s\S]*no day was recomputed yet/);
});

it('names the schedules that are paused, why, and the command that resumes them', () => {
  const shown = status({ paused: [{ schedule: 'nightly/events', note: 'paused due to workflow failure' }] });
  expect(shown).toContain('! the schedule nightly/events is paused: paused due to workflow failure');
  expect(shown).toContain('→ When it may go on: npx daybreak schedule resume --pipeline events');
  expect(status({})).not.toContain('paused');
  expect(status({ paused: undefined })).toContain('schedules: not known');
});

it('says why a speed layer ended that nobody stopped, and what to do', () => {
  const ended = {
    what: 'the speed layer of events has failed: BAD_TABLE: a table is cut',
    remedy: 'Correct the cause.',
  };
  const lines = status({ ended }).split('\n');
  const first = lines.indexOf('speed layer of events: not running');
  expect(lines.slice(first + 1, first + 3)).toEqual([`! ${ended.what}`, `→ ${ended.remedy}`]);
});

it('names the days that were built with another version, and how to build them again', () => {
  const day = (date: string, version?: string) => ({
    ...{ date, outcome: 'replaced', started: '2026-11-22T15:30:00Z' },
    ...(version !== undefined && { version, isOther: version !== FOLDER_VERSION }),
  });
  const days = [
    day('2026-11-21', FOLDER_VERSION),
    day('2026-11-20', 'older'),
    day('2026-11-18'),
    day('2026-11-19', 'older'),
  ];
  const shown = status({ days });
  expect(shown).toMatch(/│ 2026-11-20 │ .* │ +older │/);
  expect(shown).toContain('built with another version than a build would have now: 2026-11-19, 2026-11-20');
  expect(shown).toContain(
    '→ To build them anew: npx daybreak backfill --pipeline events --from 2026-11-19 --to 2026-11-20 --only changed',
  );
  expect(status({ days: [day('2026-11-21', FOLDER_VERSION)] })).not.toContain('another version');
});

it('names the version of each table by date, of realtime and of the days', () => {
  const day = (date: string, tables?: Readonly<Record<string, string>>) => ({
    ...{ date, outcome: 'replaced', started: '2026-11-22T15:30:00Z', version: date },
    ...(tables !== undefined && { tables }),
  });
  const shown = status({
    folder: { version: FOLDER_VERSION, tables: { names: 'names.2026-11-21.ndjson' } },
    days: [day('2026-11-21', { names: 'names.2026-11-21.ndjson', zones: 'zones.csv' }), day('2026-11-20')],
  });
  expect(shown).toMatch(
    /\ntable names: names\.2026-11-21\.ndjson now\n  2026-11-21 was built with names\.2026-11-21\.ndjson$/,
  );
  expect(shown).not.toContain('zones.csv');
  expect(shown).not.toContain('another version');
});

import type { ReportDay } from '../report-data';
import { commandLine, element } from './element';
import { formatCount } from './format';
import { isMissed, type Report } from './report';

/**
 * The days that need somebody, the latest first, each with its remedy. `open` is called with the date of a clicked day.
 */
export function attention(report: Report, open: (date: string) => void): HTMLElement {
  const entries = report.daysToRepair.toReversed().map((day) => entryOf(day, open));
  return element(
    'section',
    { class: 'panel' },
    element('h2', {}, 'What needs you'),
    entries.length === 0
      ? element('p', {}, nothingToRepair(report))
      : element('ul', { class: 'attention' }, ...entries),
    ...daysWithoutRun(report),
  );
}

/** What is known if no day is known to need somebody. */
function nothingToRepair({ days, withoutRuns }: Report): string {
  if (withoutRuns !== undefined) return 'Which days failed is not known without the list of runs.';
  if (days.some(({ verdict }) => verdict === 'replaced')) return 'Every day that ran was replaced, with proof.';
  return days.some(({ verdict }) => verdict === 'running') ? 'No run has ended yet.' : 'No day has a run.';
}

function entryOf({ date, verdict, outcome, remedy = '' }: ReportDay, open: (date: string) => void): HTMLElement {
  const button = element('button', {}, date);
  button.addEventListener('click', () => {
    open(date);
  });
  const badge = element('span', { class: `badge ${verdict}` }, outcome);
  return element('li', {}, button, ' ', badge, element('p', {}, `→ ${remedy}`));
}

/** A backfill of the days that were missed, and none of those that have nothing to read or whose night is to come. */
function daysWithoutRun({ pipeline, days, missedDays, withoutInput, withoutRuns }: Report): HTMLElement[] {
  const without = days.filter(({ verdict }) => verdict === 'none').length;
  if (without === 0) return [];
  if (withoutRuns !== undefined) {
    return [muted(`${daysHave(without)} no stored result. Whether ${without === 1 ? 'it' : 'they'} ran is not known.`)];
  }
  const missed = missedDays.length;
  const waiting = days.filter((day) => day.hasFiles === true && !isMissed(day)).length;
  const rest = without - missed - waiting;
  const known =
    (waiting === 0 ? '' : ` ${daysHave(waiting)} files and no run yet.`) +
    (withoutInput === undefined ? '' : ` ${notListed(withoutInput)}`);
  const noFiles = withoutInput === undefined;
  if (missed === 0) {
    return [muted(rest === 0 ? '' : `${daysHave(rest)} no run${noFiles ? ' and no files' : ''}.`, known)];
  }
  const commands = rangesOf(days).map(([from, to]) =>
    element('p', {}, commandLine(`npx daybreak backfill --pipeline ${pipeline} --from ${from} --to ${to}`)),
  );
  return [
    muted(
      `${daysHave(missed)} files and no run`,
      rest === 0 ? '' : `, ${formatCount(rest)} more ${noFiles ? 'have no files' : 'no run'}`,
      `.${known} Build what was missed:`,
    ),
    ...commands.slice(0, MOST_RANGES),
    ...(commands.length > MOST_RANGES ? [muted(`and ${commands.length - MOST_RANGES} more ranges`)] : []),
  ];
}

const MOST_RANGES = 4;

function daysHave(count: number): string {
  return count === 1 ? 'One day has' : `${formatCount(count)} days have`;
}

function notListed(why: string): string {
  return `The files are not known: ${why}.`;
}

function muted(...text: string[]): HTMLElement {
  return element('p', { class: 'muted' }, text.join('').trim());
}

/** The first and last days of each unbroken row of missed days. */
function rangesOf(days: readonly ReportDay[]): (readonly [from: string, to: string])[] {
  const ranges: [from: string, to: string][] = [];
  let isWithin = false;
  for (const day of days) {
    const last = ranges.at(-1);
    if (!isMissed(day)) isWithin = false;
    else if (isWithin && last !== undefined) last[1] = day.date;
    else {
      ranges.push([day.date, day.date]);
      isWithin = true;
    }
  }
  return ranges;
}

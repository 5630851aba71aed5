import { markdownTable } from '../markdown-table';
import { withPart } from '../marked-part';
import { INVARIANTS } from './invariants';
import type { StoredRound } from './record';

export const PAGE = 'docs/robustness.md';

const FIGURES = { begin: '<!-- figures: written by bench/torture/page.ts -->', end: '<!-- end of figures -->' };

/** The page with the figures of these rounds in place of those that it has. */
export const withFigures = (page: string, rounds: readonly StoredRound[]): string =>
  withPart(page, FIGURES, figures(rounds));

/** The invariants as a list of sentences. */
export const invariantsList = (): string =>
  Object.values(INVARIANTS)
    .map((sentence) => `- ${sentence}`)
    .join('\n');

function figures(rounds: readonly StoredRound[]): string {
  const seeds = [...new Set(rounds.map(({ seed }) => seed))];
  const sum = (of: 'asked' | 'answered'): number => rounds.reduce((total, round) => total + round[of], 0);
  const broken = rounds.flatMap((round) => [...new Set(round.broken.map(({ invariant }) => invariant))]);
  const kinds = new Set(rounds.flatMap(({ faults }) => faults.map(kindOf)));
  const pairs = new Set(rounds.map(({ faults }) => pairOf(faults)).filter((pair) => pair !== undefined));
  return [
    `${count(rounds.length, 'round')} with ${count(seeds.length, 'seed')} (${seeds.join(', ')}) in ` +
      `${Math.round(rounds.reduce((total, { seconds }) => total + seconds, 0) / 60)} minutes. Druid was asked ` +
      `${number(sum('asked'))} times for the marks of a day, and answered ${number(sum('answered'))} times. ` +
      (broken.length === 0 ? 'No invariant broke.' : `Invariants broke, in so many rounds: ${tally(broken)}.`),
    `They had ${count(kinds.size, 'kind')} of fault, and ${count(pairs.size, 'pair')} of processes with a fault at once.`,
    recoveries(rounds),
    persons(rounds),
    `Commands that failed while faults lasted, by code (\`status\` has none: it shows what is down): ${tally(rounds.flatMap(({ failures }) => failures)) || 'none'}.`,
  ].join('\n\n');
}

const isOfServer = (fault: string): boolean => /^(kill -9|stop|slow|cut|s3|full|clock) /.test(fault);

/** Without what it is a fault of. What a person does is a kind of its own. */
function kindOf(fault: string): string {
  const [kind = fault] = /^(kill -9|stop|(slow|cut) network|full disk|clock)(?= )/.exec(fault) ?? [];
  return kind;
}

/** The two processes that had a fault at once, if there were two. */
function pairOf(faults: readonly string[]): string | undefined {
  const processes = faults.flatMap((fault) => /^(?:kill -9|stop) (.+)$/.exec(fault)?.[1] ?? []);
  return processes.length === 2 ? processes.sort().join() : undefined;
}

/** A row for each fault of one process, network, S3, disk or clock, and one for all pairs. */
function recoveries(rounds: readonly StoredRound[]): string {
  const groups = new Map<string, StoredRound[]>();
  for (const round of rounds) {
    const faults = round.faults.filter(isOfServer);
    const group = faults.length === 1 ? (faults[0] ?? '') : 'two processes at once';
    groups.set(group, [...(groups.get(group) ?? []), round]);
  }
  const rows = [...groups]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([group, of]) => [
      group,
      String(of.length),
      ...seconds(of.map(({ realtimeSeconds }) => realtimeSeconds)),
      ...seconds(of.map(({ batchSeconds }) => batchSeconds)),
    ]);
  const header = ['fault', 'rounds', 'realtime, p50 s', 'max s', 'days, p50 s', 'max s'];
  return markdownTable(header, rows);
}

/** How many rounds had each thing that a person does at a bad moment. */
function persons(rounds: readonly StoredRound[]): string {
  const done = rounds.flatMap(({ faults }) => faults.filter((fault) => !isOfServer(fault)));
  const rows = [...counted(done)].sort().map(([what, times]) => [what, String(times)]);
  return markdownTable(['beside it', 'rounds'], rows);
}

function seconds(values: readonly number[]): [string, string] {
  const sorted = [...values].sort((one, other) => one - other);
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  return [median.toFixed(1), (sorted.at(-1) ?? 0).toFixed(1)];
}

function counted(items: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

const tally = (items: readonly string[]): string =>
  [...counted(items)].map(([item, times]) => `${item} ${times}`).join(', ');

const number = (value: number): string => value.toLocaleString('en-US');
const count = (value: number, noun: string): string => `${number(value)} ${noun}${value === 1 ? '' : 's'}`;

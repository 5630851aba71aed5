import { markdownTable } from '../markdown-table';
import { withPart } from '../marked-part';
import { JUDGED_MINUTES, MEASURES, trends, type Sample, type Trend } from './measures';

/** Where a run is kept: as `asLines` writes it, and its plots. A short one does not take the place of a long one. */
export const runFiles = (minutes: number): { readonly run: string; readonly plots: string } => {
  const path = `.daybreak/soak/${minutes < JUDGED_MINUTES ? 'short-run' : 'run'}`;
  return { run: `${path}.ndjson`, plots: `${path}.svg` };
};
/** The run whose figures docs/robustness.md has, in the same form. */
export const RECORD_FILE = 'bench/soak/run.ndjson';
export const PLOTS_FILE = 'docs/soak.svg';

const SOAK = { begin: '<!-- soak: written by bench/soak/page.ts -->', end: '<!-- end of soak -->' };

export interface SoakRun {
  /** When it began: an instant in ISO 8601. */
  readonly at: string;
  readonly commit: string;
  readonly minutes: number;
  /** Events a second. */
  readonly rate: number;
  readonly events: number;
  /** How many days were recomputed and proven. One that was recomputed twice counts twice. */
  readonly days: number;
  /** What was not as it must be. */
  readonly problems: readonly string[];
}

/** The run in the first line, and a sample in each of the others. */
export const asLines = (run: SoakRun, samples: readonly Sample[]): string =>
  [run, ...samples].map((line) => `${JSON.stringify(line)}\n`).join('');

export function fromLines(text: string): { readonly run: SoakRun; readonly samples: readonly Sample[] } {
  const [run = '', ...samples] = text.trimEnd().split('\n');
  // `asLines` wrote them.
  return { run: JSON.parse(run) as SoakRun, samples: samples.map((line) => JSON.parse(line) as Sample) };
}

/** A row for each measure, below a head. */
export function trendRows(found: readonly Trend[]): string[][] {
  const rows = found.map(({ measure, middle, last, spread, grows }) => [
    MEASURES[measure],
    ...[middle, last, spread].map((value) => value.toLocaleString('en-US', { maximumFractionDigits: 1 })),
    grows === undefined ? 'not judged' : grows ? 'yes' : 'no',
  ]);
  return [['', 'median of the second third', 'of the last third', 'spread', 'grows'], ...rows];
}

/** The page with this run in place of the one that it has. */
export function withSoak(page: string, { run, samples }: ReturnType<typeof fromLines>): string {
  const number = (value: number): string => value.toLocaleString('en-US');
  const said =
    `${number(run.minutes)} minutes with ${number(run.rate)} events a second: ${number(run.events)} events, and ` +
    `${number(run.days)} days were recomputed and proven. ` +
    (run.problems.length === 0
      ? 'Each event arrived once. None of the judged measures grew.'
      : `Problems: ${run.problems.join('; ')}.`);
  const [head = [], ...rows] = trendRows(trends(samples));
  const text = [said, markdownTable(head, rows), '![Each measure over the minutes](soak.svg)'];
  return withPart(page, SOAK, text.join('\n\n'));
}

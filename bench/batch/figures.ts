import { print } from '../../scripts/output/print';
import { table } from '../../scripts/output/table';
import type { Measured } from './measure';

/** The median by a value. The number of items must be odd. */
export function median<T>(all: readonly T[], by: (one: T) => number): T {
  const middlemost = all.toSorted((a, b) => by(a) - by(b))[Math.floor(all.length / 2)];
  if (middlemost === undefined) throw new RangeError('There was no round.');
  return middlemost;
}

/** The measurement with the median time. */
export function middle(measured: readonly Measured[]): Measured {
  return median(measured, ({ seconds }) => seconds);
}

/** The median of the rounds' ratios of times. */
export function medianRatio(one: readonly Measured[], other: readonly Measured[]): number {
  const ratios = one.map(({ seconds }, round) => seconds / (other[round]?.seconds ?? NaN));
  return median(ratios, (ratio) => ratio);
}

/** The heads of `measuredCells`, behind that of the name. */
export const MEASURED_HEADS = ['seconds', 'CPU s', 'busiest thread', 'peak MiB'] as const;

/** A measurement as a row: its name, times, the busiest thread's share of the CPU, and memory. */
export function measuredCells(one: Measured): string[] {
  return [
    one.name,
    one.seconds.toFixed(2),
    one.cpuSeconds.toFixed(1),
    (one.busiestSeconds / one.cpuSeconds).toFixed(2),
    String(one.peakMebibytes),
  ];
}

export type Goal = readonly [goal: string, value: number, atMost: number];

/** Prints each goal, what was measured, and whether it is met. */
export function printGoals(goals: readonly Goal[]): void {
  print(
    table([
      ['goal', 'measured', 'at most', ''],
      ...goals.map(([goal, value, atMost]) => [
        ...[goal, value.toFixed(3), String(atMost), value <= atMost ? 'met' : 'MISSED'],
      ]),
    ]),
  );
}

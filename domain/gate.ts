import type { Pipeline } from './pipeline';

/** Why a day is not replaced: the closed set of refusals of the gate. */
export const GATE_CODES = ['MISSING_HOURS', 'EMPTY_DAY', 'BATCH_SHORT'] as const;
export type GateCode = (typeof GATE_CODES)[number];

export interface GateRefusal {
  readonly code: GateCode;
  /** What was found, with figures, and what to do. */
  readonly reason: string;
}

export interface GateInput {
  readonly missingHours: readonly string[];
  /** Rows that the batch wrote, by local hour. */
  readonly written: Readonly<Record<string, number>>;
  /** Distinct rows that realtime serves, by local hour. */
  readonly realtimeDistinct: Readonly<Record<string, number>>;
}

/** Every refusal that applies; an empty list lets the day be replaced. */
export function refusalsOf(gate: Pipeline['gate'], input: GateInput): GateRefusal[] {
  const refusals: GateRefusal[] = [];
  const { missingHours, written, realtimeDistinct } = input;
  if (missingHours.length > gate.allowedMissingHours) {
    refusals.push({
      code: 'MISSING_HOURS',
      reason:
        `${missingHours.length} hours have no input file (${missingHours.join(', ')}); the pipeline allows ` +
        `${gate.allowedMissingHours}. Bring the files, raise gate.allowedMissingHours, or accept MISSING_HOURS.`,
    });
  }
  if (sum(Object.values(written)) === 0) {
    refusals.push({
      code: 'EMPTY_DAY',
      reason: 'the batch has no row at all. Look at the quarantine and the input folder, or accept EMPTY_DAY.',
    });
  }
  const realtime = sum(Object.values(realtimeDistinct));
  // Hour by hour, so that a surplus in one hour cannot hide what is missing in another.
  const shortfall = sum(
    Object.entries(realtimeDistinct).map(([hour, distinct]) => Math.max(0, distinct - (written[hour] ?? 0))),
  );
  if (realtime > 0 && shortfall / realtime > gate.maximumShortfall) {
    refusals.push({
      code: 'BATCH_SHORT',
      reason:
        `the batch lacks ${shortfall} of ${realtime} distinct rows that realtime serves ` +
        `(${percent(shortfall / realtime)}, allowed ${percent(gate.maximumShortfall)}). ` +
        'Look for hourly files that did not arrive, or accept BATCH_SHORT.',
    });
  }
  return refusals;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

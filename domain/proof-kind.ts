import type { Pipeline } from './pipeline';

/**
 * How a day was proven: every row; figures of each hour and column; or these figures with a digest of each row among
 * them. Of a pipeline with druid.rollup: figures of each hour, dimension and metric.
 */
export const PROOF_KINDS = ['rows', 'aggregates', 'digests', 'metrics', 'groups'] as const;
export type ProofKind = (typeof PROOF_KINDS)[number];

/** Days of up to so many rows are compared row by row by `auto`: their rows are fetched within a minute. */
export const ROW_BY_ROW = 2_000_000;

/**
 * Whether a build computes the figures of an hour of so many rows. What it leaves out, a proof computes from the hour's
 * file.
 */
export function needsFigures({ proof, druid }: Pick<Pipeline, 'proof' | 'druid'>, rows: number): boolean {
  // Those of rolled-up rows depend on settings that change no row of the output.
  if (druid.rollup !== undefined) return false;
  return proof === 'aggregates' || (proof === 'auto' && rows > ROW_BY_ROW / 24);
}

/** How a day of so many rows, or events that Druid rolls up, is proven. */
export function proofKindOf({ proof, druid }: Pick<Pipeline, 'proof' | 'druid'>, rows: number): ProofKind {
  if (druid.rollup !== undefined) return proof === 'auto' && rows <= ROW_BY_ROW ? 'groups' : 'metrics';
  if (proof === 'rows' || (proof === 'auto' && rows <= ROW_BY_ROW)) return 'rows';
  return druid.digestColumn === undefined ? 'aggregates' : 'digests';
}

/** Whether the stored rows of a day proven so are of several events each. */
export function isRolledUp(kind: ProofKind): boolean {
  return kind === 'metrics' || kind === 'groups';
}

/** For a sentence such as 'proven …: Druid serves the batch’s rows'. */
export function describeProof(kind: ProofKind): string {
  switch (kind) {
    case 'rows':
      return 'row by row';
    case 'aggregates':
      return 'by aggregates (counts and sums of each column in every hour, not each row)';
    case 'metrics':
      return 'by aggregates of the rolled-up rows (events, dimensions and metrics in every hour, sketches within their error)';
    case 'groups':
      return 'group by group (events and metrics of each group of rolled-up rows; sketches in every hour, within their error)';
    case 'digests':
      return 'by aggregates and row digests (counts and sums of each column and of the digests in every hour)';
  }
}

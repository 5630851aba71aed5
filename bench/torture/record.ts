import type { RoundResult } from './round';

/** The rounds that this machine has run: a StoredRound a line. */
export const ROUNDS_FILE = '.daybreak/torture/rounds.ndjson';
/** The rounds of all machines and commits whose figures docs/robustness.md has, in the same form. */
export const RECORD_FILE = 'bench/torture/rounds.ndjson';

export interface Run {
  /** When it began: an instant in ISO 8601. */
  readonly at: string;
  /** Ends with `-dirty` if the sources were changed since. */
  readonly commit: string;
  readonly seed: number;
}

/** A round with the run that it was part of. */
export type StoredRound = Run & RoundResult;

/** The record with the rounds of `added` that it lacks, in the order of their runs. Both are texts of lines. */
export function extended(record: string, added: string): string {
  const lines = new Set([...record.split('\n'), ...added.split('\n')].filter((line) => line !== ''));
  const began = (line: string): string => roundOf(line).at;
  return [...lines]
    .sort((one, other) => (began(one) < began(other) ? -1 : Number(began(one) > began(other))))
    .map((line) => `${line}\n`)
    .join('');
}

/** The rounds of a text of lines. */
export const roundsOf = (lines: string): StoredRound[] =>
  lines
    .split('\n')
    .filter((line) => line !== '')
    .map(roundOf);

const roundOf = (line: string): StoredRound => JSON.parse(line) as StoredRound;

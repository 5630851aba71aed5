import type { UnreadableNeighbour } from '../../engines/pipeline/neighbour-pipelines';
import { progress } from './print';

/** Warns on standard error of each pipeline that a check for shared topics and datasources had to leave out. */
export function warnOfUncompared(neighbours: readonly UnreadableNeighbour[]): void {
  for (const { file, reason } of neighbours) progress(`! not compared with ${file}, which is wrong: ${reason}`);
}

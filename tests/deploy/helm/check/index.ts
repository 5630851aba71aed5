import { parseManifests, type Manifest } from '../manifests';
import { checkCommands, checkMounts } from './pipelines';
import { checkGrace, checkImages, checkProbes, checkResources, checkSecurity } from './pods';
import { checkRollout, checkSelectors, checkServices } from './relations';
import { checkVariables } from './variables';

/** What the chart must match. */
export interface ExpectedOfChart {
  /** The version of the package. */
  readonly version: string;
  /** The variables that docker-compose.yml gives the worker. tests/deploy compares them with worker/config.ts. */
  readonly variables: readonly string[];
  /** How long docker-compose.yml waits for a worker that drains. */
  readonly graceSeconds: number;
  /** Whether the program takes these arguments. */
  readonly isCommand: (args: readonly string[]) => boolean;
}

/** Finds problems; each problem names the object and the cause. */
export type ChartCheck = (manifests: readonly Manifest[], expected: ExpectedOfChart) => string[];

const CHECKS: readonly ChartCheck[] = [
  ...[checkProbes, checkGrace, checkResources, checkSecurity, checkImages, checkVariables],
  ...[checkSelectors, checkServices, checkRollout, checkMounts, checkCommands],
];

/** The problems of rendered manifests. Empty if there is none. */
export function checkManifests(text: string, expected: ExpectedOfChart): string[] {
  const manifests = parseManifests(text);
  return CHECKS.flatMap((check) => check(manifests, expected));
}

import { hostname, userInfo } from 'node:os';
import type { RunMemo } from '../../domain/run-memo';

/** The memo of a run that somebody started on the command line. Options that were not given are left out. */
export function startedByHand(trigger: 'by hand' | 'restore', options: object): RunMemo {
  const given = Object.entries(options).filter(([, value]) => isGiven(value));
  return { trigger, startedBy: `${userName()}@${hostname()}`, options: Object.fromEntries(given) };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
}

/** In a container, the system may have no name for the user. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env['USER'] ?? 'somebody';
  }
}

import type { Command } from 'commander';

/** Every command of `daybreak`, in the order in which help lists them. */
export function commands(): Command[] {
  return [];
}

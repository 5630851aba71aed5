import type { Command } from 'commander';
import { downCommand } from './down';
import { feedCommand } from './feed';
import { upCommand } from './up';

/** Every command of `daybreak`, in the order in which help lists them. */
export function commands(): Command[] {
  return [upCommand(), downCommand(), feedCommand()];
}

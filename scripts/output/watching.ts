import { clearScreenDown, cursorTo } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { safe, type Line } from './safe-text';

export interface Watching {
  /** Whether to show it repeatedly, or once. */
  readonly again: boolean;
  /** Default 2,000. */
  readonly everyMilliseconds?: number;
  /** Default standard output. */
  readonly screen?: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/**
 * Shows the lines that `poll` returns. If it shows them repeatedly on a terminal, each screen replaces the one before.
 */
export async function watching(
  poll: () => Promise<readonly Line[]>,
  { again, everyMilliseconds = 2_000, screen = process.stdout }: Watching,
): Promise<void> {
  for (;;) {
    const lines = await poll();
    if (again && screen.isTTY === true) {
      cursorTo(screen, 0, 0);
      clearScreenDown(screen);
    }
    screen.write(lines.map((line) => `${safe(line).text}\n`).join(''));
    if (!again) return;
    await sleep(everyMilliseconds);
  }
}

import { clearScreenDown, cursorTo } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { safe, type Line } from './safe-text';
import { isScreen } from './terminal';

export interface Watching {
  /** Whether to show it repeatedly, or once. */
  readonly again: boolean;
  /** Default 2,000. */
  readonly everyMilliseconds?: number;
  /** Default standard output. */
  readonly screen?: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly rows?: number };
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
    const text = lines.map((line) => `${safe(line).text}\n`).join('');
    const inPlace = again && isScreen(screen);
    if (inPlace) {
      cursorTo(screen, 0, 0);
      clearScreenDown(screen);
    }
    screen.write(inPlace ? fitting(text, screen.rows) : text);
    if (!again) return;
    await sleep(everyMilliseconds);
  }
}

/** The first lines, as many as a screen has, so that the top stays in sight. */
function fitting(text: string, rows = Infinity): string {
  const lines = text.split('\n').slice(0, -1);
  // The cursor takes the last row.
  if (lines.length < rows) return text;
  const shown = lines.slice(0, Math.max(0, rows - 2));
  return [...shown, `… ${lines.length - shown.length} more lines: make the window higher`, ''].join('\n');
}

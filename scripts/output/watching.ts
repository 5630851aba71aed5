import { clearScreenDown, cursorTo } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { safe, type Line } from './safe-text';
import { columnsOf, isScreen } from './terminal';
import { terminalRows } from './wrapped';

type Screen = Exclude<Watching['screen'], undefined>;

export interface Watching {
  /** Whether to show it repeatedly, or once. */
  readonly again: boolean;
  /** Default 2,000. */
  readonly everyMilliseconds?: number;
  /** Default standard output. */
  readonly screen?: NodeJS.WritableStream & {
    readonly isTTY?: boolean;
    readonly rows?: number;
    readonly columns?: number;
  };
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
    screen.write(inPlace ? fitting(text, screen) : text);
    if (!again) return;
    await sleep(everyMilliseconds);
  }
}

/** The first rows, as many as a screen has, so that the top stays in sight. A line may take several rows. */
function fitting(text: string, screen: Screen): string {
  const { rows = Infinity } = screen;
  const columns = columnsOf(screen);
  const lines = text.split('\n').slice(0, -1);
  const taken = lines.flatMap((line) => terminalRows(line, columns));
  // The cursor takes the last row.
  if (taken.length < rows) return text;
  const shown = taken.slice(0, Math.max(0, rows - 2));
  const note = `… ${taken.length - shown.length} more lines: make the window higher`;
  return [...shown, ...terminalRows(note, columns).slice(0, 1), ''].join('\n');
}

// node --import tsx bench/batch/memory.ts: checks that the memory of a day's build is flat from the second hour on,
// however many hours follow. DAYBREAK_BENCH_ROWS (default 240000000) sets the size of the day. 240M rows need 50 GB of
// disk below the cache folder; the bench frees all of it at the end. Linux only.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseBusinessDate } from '../../domain/business-date';
import { versionsFolder } from '../../engines/versions/local/kept-versions';
import { print, progress } from '../../scripts/output/print';
import { table } from '../../scripts/output/table';
import { cacheFolder } from '../../scripts/stack/fetch/cache';
import { buildCommand } from './build-command';
import { largeDay } from './generate';
import type { ProcessUse } from '../speed/process-use';
import { measure } from './measure';

const ROWS = Number(process.env['DAYBREAK_BENCH_ROWS'] ?? 240_000_000);
const DATE = parseBusinessDate('2026-11-21');
/** In the first two hours every worker thread reads its largest hour. What later hours take beyond that is a leak. */
const FIRST_HOURS = 2;
const MOST_GROWTH = 1.1;

/**
 * A folder of its own, because it is removed at the end. A day in the folder of bench/batch/index.ts stays for the next
 * run.
 */
const work = join(cacheFolder(), 'bench-batch-memory');
const output = join(work, 'output');

async function main(): Promise<void> {
  rmSync(work, { recursive: true, force: true });
  try {
    const input = await largeDay(work, ROWS);
    progress(`made ${input}`);
    const peaks = new Map<number, number>();
    const onUse = ({ mebibytes }: ProcessUse): void => {
      const hour = hourNow();
      if (!peaks.has(hour)) progress(`hour ${hour}`);
      peaks.set(hour, Math.max(peaks.get(hour) ?? 0, mebibytes));
    };
    // A day of minutes or more is polled less often, because each poll reads /proc of all processes.
    const { seconds } = await measure('the build', buildCommand(input, output), {
      onUse,
      pause: ROWS > 10_000_000 ? 250 : 20,
    });
    report(peaks, seconds);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The number of the hour that is being written, from 1 on. Several hours are read at once. */
function hourNow(): number {
  const versions = versionsFolder(output, DATE);
  const [version] = existsSync(versions) ? readdirSync(versions) : [];
  if (version === undefined) return 1;
  try {
    const files = readdirSync(join(versions, version)).filter((file) => /^\d\d\.ndjson$/.test(file));
    return Math.max(files.length, 1);
  } catch {
    return 24; // The folder was renamed meanwhile: the build is being published.
  }
}

function report(peaks: ReadonlyMap<number, number>, seconds: number): void {
  const hours = [...peaks].sort(([one], [other]) => one - other);
  print(
    table([
      [`${ROWS.toLocaleString('en-US')} rows, ${seconds} s: hour`, 'peak MiB'],
      ...hours.map(([hour, peak]) => [String(hour), peak.toLocaleString('en-US')]),
    ]),
  );
  const peak = (of: (hour: number) => boolean): number =>
    Math.max(...hours.filter(([hour]) => of(hour)).map(([, mebibytes]) => mebibytes));
  const growth = peak((hour) => hour > FIRST_HOURS) / peak((hour) => hour <= FIRST_HOURS);
  if (!Number.isFinite(growth)) throw new Error('The day was built before its hours were seen: give it more rows.');
  print(
    table([
      ['goal', 'measured', 'at most', ''],
      [
        'peak of the third hour and later ÷ peak of the first two',
        growth.toFixed(3),
        String(MOST_GROWTH),
        growth <= MOST_GROWTH ? 'met' : 'MISSED',
      ],
    ]),
  );
}

void main();

import type { Pipeline } from '../../domain/pipeline';
import { layoutOf, type LineLayout } from './line-layout';
import type { Columns } from '../model/loaded-pipeline';
import type { Fast } from '../rule/record-rule';
import type { FastTime } from '../rule/time-rule';

const LINE_FEED = 10;
/** A line or two may be odd; a producer that writes no layout at all should not cost a search in every chunk. */
const SAMPLES = 4;
const LONGEST_SAMPLE = 16_384;

/**
 * A fast path for lines like the first of `lines` (UTF-8, joined by line feeds), or undefined. `fastTime` gives the proof
 * for the time column's text in that line; '' where the line was written so that it cannot be found.
 */
export function fastPathOf(
  lines: Buffer,
  { events }: Pipeline,
  fastTime: (sample: string) => FastTime | undefined,
): Fast | undefined {
  const value = new RegExp(`"${events.time.column}"[ \\t]*:[ \\t]*"?([^",}]*)`);
  for (const line of samplesOf(lines)) {
    const time = fastTime(value.exec(line)?.[1] ?? '');
    const layout = time && layoutOf(line, events.columns, events.time.column);
    if (time !== undefined && layout !== undefined) return { layout, time };
  }
  return undefined;
}

/** The same for lines without a time, those of a static table. */
export function layoutLike(lines: Buffer, columns: Columns): LineLayout | undefined {
  for (const line of samplesOf(lines)) {
    const layout = layoutOf(line, columns);
    if (layout !== undefined) return layout;
  }
  return undefined;
}

function* samplesOf(lines: Buffer): Generator<string> {
  for (let start = 0, sample = 0; sample < SAMPLES && start < lines.length; sample += 1) {
    const found = lines.indexOf(LINE_FEED, start);
    const end = found === -1 ? lines.length : found;
    yield lines.toString('utf8', start, Math.min(end, start + LONGEST_SAMPLE));
    start = end + 1;
  }
}

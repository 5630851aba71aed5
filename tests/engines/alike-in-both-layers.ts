import fc from 'fast-check';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runIsolated } from '../../activities/speed/isolated-transform';
import { runDayBuild } from '../../engines/build-day';
import { openMicroBatch } from '../../engines/duckdb/micro-batch';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import { contentsOf, DAY, lines, rowsOf, writeFiles } from './scratch';

/** Lines of the quarantine, with the reason. */
async function faultsOf(output: string): Promise<string[]> {
  const text = (await contentsOf(output, DAY))['_quarantine.ndjson'] ?? '';
  return text.split('\n').flatMap((entry) => {
    if (entry === '') return [];
    const { line, reason } = JSON.parse(entry) as { line: number; reason: string };
    return [`${line}: ${reason.replace('the transform fails on it: ', '')}`];
  });
}

interface Records {
  readonly record: fc.Arbitrary<string>;
  readonly maxLength: number;
  /** How many events the rows with these keys are of. */
  readonly eventsOf: (keys: readonly (string | null)[]) => number;
}

/** Checks that micro-batches, however they are cut, and the day give the same rows and rejects, in folders of `root`. */
export async function expectAlikeInBothLayers(
  loaded: LoadedPipeline,
  root: string,
  { record, maxLength, eventsOf }: Records,
): Promise<void> {
  const transform = await openMicroBatch(loaded);
  const [input, output] = [join(root, 'input'), join(root, 'output')];
  try {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(record, { minLength: 1, maxLength }), async (records) => {
        await writeFiles(input, { 'names.20261121.07.json': lines(...records) });
        const rows: string[] = [];
        const keys: (string | null)[] = [];
        const faults: string[] = [];
        const half = Math.ceil(records.length / 2);
        for (const [from, to] of [[0, half] as const, [half, records.length] as const]) {
          const part = records.slice(from, to).map((text) => Buffer.from(text));
          const { messages, rejects } = await runIsolated(transform, part);
          rows.push(...messages.map(({ value }) => value));
          keys.push(...messages.map(({ key }) => key));
          faults.push(...rejects.map(({ index, reason }) => `${from + index + 1}: ${reason}`));
        }
        const { counts } = await runDayBuild(loaded, { date: DAY, input, output, engine: 'duckdb', threads: 1 });
        const events = eventsOf(keys);
        expect((await rowsOf(output, DAY)).sort()).toEqual(rows.sort());
        expect(await faultsOf(output)).toEqual(faults);
        expect(counts).toMatchObject({
          ...{ read: records.length, written: rows.length, quarantined: faults.length },
          multiplied: rows.length - events,
          filtered: records.length - events - faults.length,
        });
        for (const folder of [input, output]) await rm(folder, { recursive: true });
      }),
      { numRuns: 2 },
    );
  } finally {
    transform.close();
  }
}

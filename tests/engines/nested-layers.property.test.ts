import fc from 'fast-check';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runIsolated } from '../../activities/speed/isolated-transform';
import type * as BuildDay from '../../engines/build-day';
import { runDayBuild } from '../../engines/build-day';
import { openMicroBatch } from '../../engines/duckdb/micro-batch';
import { NESTED_COLUMNS, NESTED_SQL, nestedLine, pipelineWith, PLAIN_COLUMNS, plainLine } from './nested-pipeline';
import { BATCHES_TIMEOUT, overBatches } from './over-batches';
import { contentsOf, DAY, rowsOf, scratchFolder, writeFiles } from './scratch';

const root = scratchFolder();

/** The build as if engines/fast-path were deleted. */
async function buildWithoutFastPath(): Promise<(typeof BuildDay)['runDayBuild']> {
  jest.resetModules();
  jest.doMock('../../engines/duckdb/fast-path', () => ({ fastPath: undefined }));
  return (await import('../../engines/build-day')).runDayBuild;
}

const plainAndOther = fc.oneof({ weight: 4, arbitrary: plainLine }, nestedLine);

describe.each([
  ['whole records', NESTED_COLUMNS, '', NESTED_SQL, nestedLine],
  ['an identity of nested values', NESTED_COLUMNS, '  identity: [nested, user-id, price]', NESTED_SQL, nestedLine],
  ['columns that the fast path reads', PLAIN_COLUMNS, '', 'SELECT * FROM events e', plainLine],
  ['columns that the fast path reads in some records', PLAIN_COLUMNS, '', 'SELECT * FROM events e', plainAndOther],
])('%s', (title, columns, more, sql, lines) => {
  it(
    'become the same rows, duplicates and bad records in a micro-batch and in a day, also without the fast path',
    async () => {
      const loaded = await pipelineWith(root, title.replaceAll(' ', '-'), { columns, more, sql });
      const isWhole = more === '';
      const transform = await openMicroBatch(loaded);
      // The fast path reads none of the other columns.
      const builds = columns === PLAIN_COLUMNS ? [runDayBuild, await buildWithoutFastPath()] : [runDayBuild];
      const [input, output] = [join(root, `input-${title}`), join(root, `output-${title}`)];
      try {
        await overBatches(
          (sizes) => fc.array(lines, sizes),
          { minLength: 20, maxLength: 60, runs: 8 },
          async (made) => {
            await writeFiles(input, { 'ev.20261121.07.json': made.map((one) => `${one}\n`).join('') });
            const { messages, rejects } = await runIsolated(
              transform,
              made.map((one) => Buffer.from(one)),
            );
            const given = messages.map(({ value }) => value);
            const distinct = new Set(given);
            for (const build of builds) {
              await rm(output, { recursive: true, force: true });
              const { counts } = await build(loaded, { date: DAY, input, output, engine: 'duckdb', threads: 1 });
              const rows = await rowsOf(output, DAY);
              expect(rows.filter((row) => !distinct.has(row))).toEqual([]);
              expect(counts.kept + counts.duplicates).toBe(given.length);
              if (isWhole) expect(rows.sort()).toEqual([...distinct].sort());
              const text = (await contentsOf(output, DAY))['_quarantine.ndjson'] ?? '';
              const faults = text
                .split('\n')
                .filter((one) => one !== '')
                .map((one) => JSON.parse(one) as { line: number; reason: string });
              expect(faults.map(({ line: position, reason }) => [position - 1, reason])).toEqual(
                rejects.map(({ index, code, reason }) => [
                  index,
                  code === undefined ? reason : `the transform fails on it: ${reason}`,
                ]),
              );
            }
          },
        );
      } finally {
        transform.close();
      }
    },
    BATCHES_TIMEOUT,
  );
});

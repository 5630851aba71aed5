import fc from 'fast-check';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runIsolated } from '../../activities/speed/isolated-transform';
import { runDayBuild } from '../../engines/build-day';
import { openMicroBatch } from '../../engines/duckdb/micro-batch';
import { NESTED_COLUMNS, NESTED_SQL, nestedLine, pipelineWith, PLAIN_COLUMNS, plainLine } from './nested-pipeline';
import { contentsOf, DAY, rowsOf, scratchFolder, writeFiles } from './scratch';

const root = scratchFolder();

describe.each([
  ['whole records', NESTED_COLUMNS, '', NESTED_SQL, nestedLine],
  ['an identity of nested values', NESTED_COLUMNS, '  identity: [nested, user-id, price]', NESTED_SQL, nestedLine],
  ['columns that the fast path reads', PLAIN_COLUMNS, '', 'SELECT * FROM events e', plainLine],
])('%s', (title, columns, more, sql, lines) => {
  it('become the same rows, duplicates and bad records in a micro-batch and in a day', async () => {
    const loaded = await pipelineWith(root, title.replaceAll(' ', '-'), { columns, more, sql });
    const isWhole = more === '';
    const transform = await openMicroBatch(loaded);
    let run = 0;
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(lines, { minLength: 20, maxLength: 60 }), async (made) => {
          run += 1;
          const [input, output] = [join(root, `input-${title}-${run}`), join(root, `output-${title}-${run}`)];
          await writeFiles(input, { 'ev.20261121.07.json': made.map((one) => `${one}\n`).join('') });
          const { messages, rejects } = await runIsolated(
            transform,
            made.map((one) => Buffer.from(one)),
          );
          const { counts } = await runDayBuild(loaded, { date: DAY, input, output, engine: 'duckdb', threads: 1 });
          const rows = await rowsOf(output, DAY);
          const given = messages.map(({ value }) => value);
          expect(new Set(given)).toEqual(isWhole ? new Set(rows) : expect.anything());
          expect(rows.filter((row) => !given.includes(row))).toEqual([]);
          expect(counts.kept + counts.duplicates).toBe(given.length);
          if (isWhole) expect(rows).toHaveLength(new Set(given).size);
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
          await rm(input, { recursive: true });
          await rm(output, { recursive: true });
        }),
        { numRuns: 25 },
      );
    } finally {
      transform.close();
    }
  }, 600_000);
});

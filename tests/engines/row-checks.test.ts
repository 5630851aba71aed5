import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DayManifest } from '../../domain/day-manifest';
import type { RowCheck } from '../../domain/row-checks';
import { runDayBuild } from '../../engines/build-day';
import { openMicroBatch } from '../../engines/duckdb/micro-batch';
import { loadPipeline } from '../../engines/load-pipeline';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import { runIsolated } from '../../activities/speed/isolated-transform';
import { contentsOf, DAY, event, lines, pipelineLike, scratchFolder, writeFiles } from './scratch';

const root = scratchFolder();
const EMPTY: RowCheck = { name: 'empty', where: "hello = ''", atMost: 0 };
const LARGE: RowCheck = { name: 'large', where: 'user_id >= 100 -- few are', atMost: '1%' };
const NUMBER: RowCheck = { name: 'number', where: 'hello::BIGINT > 5', atMost: 0 };

let input: string;
let output: string;
let count = 0;

beforeEach(() => {
  count += 1;
  input = join(root, `input-${count}`);
  output = join(root, `output-${count}`);
});

/** The pipeline `events` with checks, and with other settings behind them. */
async function checking(checks: readonly RowCheck[], settings = ''): Promise<LoadedPipeline> {
  const folder = await pipelineLike('events', join(root, 'pipelines'), {
    'pipeline.yaml': (text) => `${text}\nchecks: ${JSON.stringify(checks)}\n${settings}`,
  });
  return loadPipeline(folder);
}

/** Builds the day. Resolves to the manifest and the number of records that were read. */
async function build(loaded: LoadedPipeline): Promise<DayManifest & { readonly recordsRead: number }> {
  let recordsRead = 0;
  const onProgress = ({ rows }: { readonly rows: number }): void => {
    recordsRead = rows;
  };
  const manifest = await runDayBuild(loaded, { date: DAY, input, output, engine: 'duckdb', onProgress });
  return { ...manifest, recordsRead };
}

const wrongOf = ({ hours }: DayManifest, ...names: string[]) =>
  hours.filter(({ hour }) => names.includes(hour)).map(({ wrong }) => wrong);
const at = (hour: string, id: number, hello = 'x'): string => event(id, `2026-11-21 ${hour}:00:00`, hello);

describe('a build', () => {
  it('counts the rows that unnest makes', async () => {
    await writeFiles(input, { 'names.20261121.07.json': lines(at('07', 1, 'a,,b'), at('07', 2, 'a,b,c,d')) });
    const folder = await pipelineLike('events', join(root, 'unnests'), {
      'pipeline.yaml': (text) =>
        `${text.replace(/^events:\n/m, 'events:\n  maximumRows: 3\n')}\nchecks: ${JSON.stringify([EMPTY])}\n`,
      'transform.sql':
        "SELECT time, id AS user_id, unnest(string_split(hello, ',')) AS hello, 'x' AS user_name, id AS uid FROM events",
    });
    const manifest = await build(await loadPipeline(folder));
    expect(wrongOf(manifest, '07')).toEqual([{ empty: 1 }]);
    expect(manifest.counts).toMatchObject({ read: 2, written: 3, multiplied: 2, quarantined: 1 });
  });

  it.each(['', 'proof: aggregates'])(
    'counts by hour the rows that are wrong, duplicates and NULL not (%s)',
    async (settings) => {
      await writeFiles(input, {
        'names.20261121.07.json': lines(at('07', 1, ''), at('07', 1, ''), at('07', 100), at('08', 101, '')),
        'names.20261121.08.json': lines(at('08', 2), `{"id":3,"time":"2026-11-21 08:00:00"}`),
      });
      const manifest = await build(await checking([EMPTY, LARGE], settings));
      expect(wrongOf(manifest, '07', '08')).toEqual([
        { empty: 1, large: 1 },
        { empty: 1, large: 1 },
      ]);
      expect(wrongOf(manifest, '09')).toEqual([undefined]);
    },
  );

  it('keeps the counts of hours that it does not read again', async () => {
    await writeFiles(input, {
      'names.20261121.07.json': lines(at('07', 1, '')),
      'names.20261121.08.json': lines(at('08', 2, ''), at('08', 3)),
    });
    const loaded = await checking([EMPTY]);
    await build(loaded);
    await appendFile(join(input, 'names.20261121.08.json'), lines(at('08', 4, '')));
    const again = await build(loaded);
    expect(again.recordsRead).toBe(3);
    expect(wrongOf(again, '07', '08')).toEqual([{ empty: 1 }, { empty: 2 }]);
  });

  it('counts every hour anew for another condition, and none for another bound', async () => {
    await writeFiles(input, { 'names.20261121.07.json': lines(at('07', 1, ''), at('07', 200)) });
    expect(wrongOf(await build(await checking([])), '07')).toEqual([undefined]);
    expect(wrongOf(await build(await checking([EMPTY])), '07')).toEqual([{ empty: 1 }]);
    expect((await build(await checking([{ ...EMPTY, atMost: '50%' }]))).recordsRead).toBe(0);
    expect(wrongOf(await build(await checking([{ ...EMPTY, where: 'user_id > 0' }])), '07')).toEqual([{ empty: 2 }]);
    expect(wrongOf(await build(await checking([EMPTY, LARGE])), '07')).toEqual([{ empty: 1, large: 1 }]);
  });

  it('counts an identity that two hours have in the first one', async () => {
    const loaded = await loadPipeline(
      await pipelineLike('events', join(root, 'pipelines'), {
        'pipeline.yaml': (text) =>
          `${text.replace('  time:\n    column', '  identity: [id]\n  time:\n    column')}\nchecks: ${JSON.stringify([EMPTY])}\n`,
      }),
    );
    await writeFiles(input, {
      'names.20261121.07.json': lines(at('07', 1, '')),
      'names.20261121.08.json': lines(at('08', 1, ''), at('08', 2, '')),
    });
    expect(wrongOf(await build(loaded), '07', '08')).toEqual([{ empty: 1 }, { empty: 1 }]);
  });

  it('takes a record on whose row a check fails for a bad one, as for the transform', async () => {
    await writeFiles(input, {
      'names.20261121.07.json': lines(
        at('07', 1, '3'),
        at('07', 2, 'no number'),
        at('07', 3, '7'),
        at('08', 4, 'none'),
      ),
    });
    const manifest = await build(await checking([NUMBER]));
    expect(manifest.counts).toMatchObject({ written: 2, quarantined: 2 });
    expect(wrongOf(manifest, '07')).toEqual([{ number: 1 }]);
    const { '_quarantine.ndjson': quarantine = '' } = await contentsOf(output, DAY);
    expect(quarantine).toContain("Could not convert string 'no number' to INT64");
  });
});

describe('a micro-batch', () => {
  const run = async (checks: readonly RowCheck[], ...values: string[]) => {
    const transform = await openMicroBatch(await checking(checks));
    try {
      return await runIsolated(
        transform,
        values.map((value) => Buffer.from(value)),
      );
    } finally {
      transform.close();
    }
  };

  it('counts the rows that are wrong, and puts them out like the others', async () => {
    const { messages, wrong } = await run([EMPTY, LARGE], at('07', 1, ''), at('07', 100, ''), 'no record', at('07', 2));
    expect(messages).toHaveLength(3);
    expect(wrong).toEqual({ empty: 2, large: 1 });
    expect((await run([EMPTY], 'no record')).wrong).toEqual({ empty: 0 });
    expect((await run([], at('07', 1, ''))).wrong).toBeUndefined();
  });

  it('turns away a record on whose row a check fails, and counts the others', async () => {
    const { messages, rejects, wrong } = await run(
      [NUMBER],
      at('07', 1, '7'),
      at('07', 2, 'no number'),
      at('07', 3, '8'),
    );
    expect(messages).toHaveLength(2);
    expect(rejects).toMatchObject([{ index: 1, code: 'TRANSFORM_FAILED' }]);
    expect(wrong).toEqual({ number: 2 });
  });
});

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { previewDay, type Preview } from '../../../engines/duckdb/preview';
import { listInput, withInput } from '../../../engines/input/input-files';
import { openPipeline } from '../../../engines/pipeline/open-pipeline';
import { readPipeline } from '../../../engines/pipeline/read-pipeline';
import { runDayBuild } from '../../../engines/build-day';
import { DAY, event, lines, pipelineLike, rowsOf, scratchFolder, writeFiles } from '../scratch';

const root = scratchFolder();
let tests = 0;

interface Given {
  readonly files: Readonly<Record<string, string | Buffer>>;
  readonly transform?: (sql: string) => string;
  readonly limit?: number;
  readonly mostBytes?: number;
}

let input: string;
let folder: string;
let scratch: string;

async function preview({ files, transform = (sql) => sql, limit = 10, mostBytes }: Given): Promise<Preview> {
  const own = join(root, String((tests += 1)));
  [input, scratch] = [join(own, 'input'), join(own, 'scratch')];
  await mkdir(scratch, { recursive: true });
  await writeFiles(input, files);
  folder = await pipelineLike('events', own, { 'transform.sql': transform });
  const opened = await openPipeline(await readPipeline(folder), folder);
  try {
    return await withInput(input, { scratch }, async (place) =>
      previewDay(opened, await listInput(place, opened.loaded.pipeline, DAY), {
        ...{ date: DAY, limit, scratch },
        ...(mostBytes !== undefined && { mostBytes }),
      }),
    );
  } finally {
    opened.database.close();
  }
}

/** The rows as a build writes them. */
function textsOf({ columns, rows }: Preview): string[] {
  return rows.map(
    ({ cells }) => `{${cells.map((cell, index) => `${JSON.stringify(columns[index]?.name)}:${cell}`).join(',')}}`,
  );
}

const name = (hour: string, more = ''): string => `names.20261121.${hour}${more}.json`;
const BIG = '9007199254740993';

it('gives the rows of a build, exact, each once, and the bad records with their places', async () => {
  const files = {
    [name('00')]: lines(event(1, '2026-11-21 00:00:01'), event(BIG, '2026-11-21 00:00:02'), 'bad'),
    [name('01')]: lines(event(2, '2026-11-21 01:00:00'), event(2, '2026-11-21 01:00:00'), event('"x"')),
    [name('02')]: lines(event(3, '2026-11-20 12:00:00'), event(4, '2026-11-21 02:00:00')),
  };
  const found = await preview({ files });
  await runDayBuild((await openedAgain()).loaded, { date: DAY, input, output: join(root, 'built'), engine: 'duckdb' });
  expect(textsOf(found)).toEqual(await rowsOf(join(root, 'built'), DAY));
  expect(textsOf(found)[1]).toContain(`"user_id":${BIG}`);
  expect(found.bad).toEqual([
    { file: name('00'), line: 3, reason: 'not JSON', text: 'bad' },
    { file: name('01'), line: 3, reason: 'id is "x", not an integer of 64 bits', text: event('"x"') },
  ]);
  expect(found.read).toEqual({ records: 8, quarantined: 2, outsideDay: 1, files: 3 });
  expect(found.isWhole).toBe(true);
});

it('reads no further than it must', async () => {
  const many = (hour: string): string =>
    Array.from({ length: 200_000 }, (_, id) => `${event(id, `2026-11-21 ${hour}:00:00`)}\n`).join('');
  const found = await preview({ files: { [name('00')]: many('00'), [name('01')]: 'not read' }, limit: 3 });
  expect(found.rows).toHaveLength(3);
  expect(found.read.records).toBeGreaterThanOrEqual(3);
  expect(found.read.records).toBeLessThan(200_000);
  expect(found).toMatchObject({ bad: [], isWhole: false });
});

it('reads few of many small files', async () => {
  const small = Object.fromEntries(
    Array.from({ length: 300 }, (_, id) => [name('00', `_${id}`), lines(event(id, '2026-11-21 00:00:00'))]),
  );
  const found = await preview({ files: small, limit: 10 });
  expect(found.rows).toHaveLength(10);
  expect(found.read.files).toBe(16);
});

it('gives records on which the transform fails as bad ones, with the rows around them', async () => {
  const failing = lines(event(1), event('9000000000000000000'), event(2));
  const transform = (sql: string): string => sql.replace('e.id AS', 'e.id * 4 AS');
  const found = await preview({ files: { [name('07')]: failing }, transform });
  expect(found.rows.map(({ cells }) => cells[1])).toEqual(['4', '8']);
  const reason = expect.stringMatching(/^the transform fails on it: Out of Range Error/) as string;
  expect(found.bad).toEqual([{ file: name('07'), line: 2, reason, text: event('9000000000000000000') }]);
});

it('names a compressed file that is cut', async () => {
  const whole = gzipSync(lines(...Array.from({ length: 2_000 }, (_, id) => event(id))));
  const found = await preview({ files: { [`${name('07')}.gz`]: whole.subarray(0, -20) }, limit: 5_000 });
  const reason = 'the compressed data ends before its end';
  expect(found.bad).toContainEqual(expect.objectContaining({ file: `${name('07')}.gz`, reason, text: '' }));
});

it('ends where a transform filters nearly everything', async () => {
  const files = Object.fromEntries(
    ['00', '01', '02'].map((hour) => [name(hour), lines(event(1, `2026-11-21 ${hour}:00:00`), event(2))]),
  );
  const transform = (sql: string): string => `${sql.replace(/;?\s*$/, '')} WHERE e.id > 5`;
  const found = await preview({ files, transform, mostBytes: 150 });
  expect(found).toMatchObject({ rows: [], isWhole: false, read: { records: 4 } });
});

it('takes records of the day from files of neighbouring hours', async () => {
  const late = { 'names.20261122.00.json': lines(event(5, '2026-11-21 23:59:59'), event(6, '2026-11-22 00:00:00')) };
  const found = await preview({ files: { [name('07')]: '', ...late } });
  expect(found.rows.map(({ cells }) => cells[1])).toEqual(['5']);
});

async function openedAgain() {
  const opened = await openPipeline(await readPipeline(folder), folder);
  opened.database.close();
  return opened;
}

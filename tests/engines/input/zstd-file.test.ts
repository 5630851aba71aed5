import { DuckDBInstance } from '@duckdb/node-api';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReadFile } from '../../../engines/input/file-bytes';
import { readDamagedZstd, readZstd } from '../../../engines/input/zstd-file';
import { scratchFolder } from '../scratch';

const root = scratchFolder();
const LINES = 200_000;
let whole: Buffer;

beforeAll(async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const path = join(root, 'whole.zst');
  await connection.run(
    `COPY (SELECT md5(i::VARCHAR) FROM range(${LINES}) AS numbers(i)) TO '${path}' (FORMAT csv, HEADER false, COMPRESSION zstd)`,
  );
  whole = await readFile(path);
});

async function read(content: Buffer): Promise<{ lines: number; faults: string[] }> {
  const path = join(root, 'file.zst');
  await writeFile(path, content);
  let [lines, read] = [0, undefined as ReadFile | undefined];
  for await (const chunk of readDamagedZstd(path, (found) => (read = found)))
    lines += chunk.toString().split('\n').length - 1;
  return { lines, faults: read?.faults.map(({ reason }) => reason) ?? [] };
}

it('reads one frame, several, and frames to skip', async () => {
  const skipped = Buffer.from('502a4d180300000061626300', 'hex').subarray(0, 11);
  expect(await read(whole)).toEqual({ lines: LINES, faults: [] });
  expect(await read(Buffer.concat([skipped, whole, whole]))).toEqual({ lines: 2 * LINES, faults: [] });
});

it('gives what a file that is cut has, and nothing of one that is damaged', async () => {
  const cut = await read(whole.subarray(0, whole.length - 10));
  expect(cut.lines).toBeGreaterThan(0);
  expect(cut.faults).toEqual(['the compressed data ends before its end']);
  const damaged = await read(Buffer.concat([whole, Buffer.from('no zstd')]));
  expect(damaged.lines).toBe(0);
  expect(damaged.faults).toEqual([expect.stringContaining('damaged')]);
});

it('reads files still after many that were left before their end or are damaged', async () => {
  const path = join(root, 'left.zst');
  await writeFile(path, whole);
  for (let round = 0; round < 300; round += 1) {
    const reading = readZstd(path, () => undefined);
    await reading.next();
    await reading.return(undefined);
  }
  for (let round = 0; round < 10; round += 1) await read(Buffer.from('28b52ffd787878787878787878', 'hex'));
  expect(await read(whole)).toEqual({ lines: LINES, faults: [] });
});

import { appendFile, cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { acceptedPipeline } from '../../../activities/speed/accepted-pipelines';
import { DaybreakError } from '../../../domain/errors';
import type * as PipelineCopies from '../../../engines/pipeline/pipeline-copies';
import { copyPipeline } from '../../../engines/pipeline/pipeline-copies';
import type * as ReadPipeline from '../../../engines/pipeline/read-pipeline';
import { readPipeline } from '../../../engines/pipeline/read-pipeline';
import type * as StaticTables from '../../../engines/tables/static-tables';
import { loadStaticTables } from '../../../engines/tables/static-tables';
import { scratchFolder } from '../../engines/scratch';

// The real functions, of which a call can fail.
jest.mock('../../../engines/tables/static-tables', () => {
  const actual = jest.requireActual<typeof StaticTables>('../../../engines/tables/static-tables');
  return { ...actual, loadStaticTables: jest.fn(actual.loadStaticTables) };
});
jest.mock('../../../engines/pipeline/pipeline-copies', () => {
  const actual = jest.requireActual<typeof PipelineCopies>('../../../engines/pipeline/pipeline-copies');
  return { ...actual, copyPipeline: jest.fn(actual.copyPipeline) };
});
jest.mock('../../../engines/pipeline/read-pipeline', () => {
  const actual = jest.requireActual<typeof ReadPipeline>('../../../engines/pipeline/read-pipeline');
  return { ...actual, readPipeline: jest.fn(actual.readPipeline) };
});

const root = scratchFolder();
const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const folders = { pipelines: join(root, 'pipelines'), data: join(root, 'data'), logger };
const folder = join(folders.pipelines, 'events');
const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });

beforeEach(async () => {
  await rm(folders.data, { recursive: true, force: true });
  await cp('pipelines/events', folder, { recursive: true });
});

/** What runs, without the database that holds its tables. */
async function accepted(): Promise<{ readonly rows: string; readonly kept: string | undefined }> {
  const { loaded, database, kept } = await acceptedPipeline(folders, 'events');
  database.close();
  return { rows: loaded.hashes.transform, kept };
}

describe('where the folder’s pipeline has passed once', () => {
  let before: string;

  beforeEach(async () => {
    before = (await accepted()).rows;
    await appendFile(join(folder, 'transform.sql'), '\n-- edited');
  });

  it('runs the copy while a table outgrows the memory, and says why', async () => {
    const remedy = 'Make the table smaller.';
    const failure = new DaybreakError('ENGINE_FAILED', { what: 'too little memory for the table names', remedy });
    jest.mocked(loadStaticTables).mockRejectedValueOnce(failure);
    expect(await accepted()).toEqual({
      rows: before,
      kept: 'ENGINE_FAILED: too little memory for the table names. Make the table smaller.',
    });
  });

  it('runs the copy while a table cannot be copied from its storage because the disk is full', async () => {
    const { tables, ...read } = await readPipeline(folder);
    const stored = Object.entries(tables).map(
      ([name, { file, place, hash }]) => [name, { file, place, hash }] as const,
    );
    jest.mocked(readPipeline).mockResolvedValueOnce({ ...read, tables: Object.fromEntries(stored) });
    jest.mocked(copyPipeline).mockRejectedValueOnce(full);
    const { rows, kept } = await accepted();
    expect(rows).toBe(before);
    expect(kept).toMatch(/^STORAGE_FAILED: .*ENOSPC: no space left on device.* Free space: df -h/);
  });

  it('runs the copy after any other failure', async () => {
    jest.mocked(loadStaticTables).mockRejectedValueOnce(new Error('DuckDB is not well'));
    expect(await accepted()).toEqual({ rows: before, kept: 'DuckDB is not well' });
  });
});

it('runs without a copy where the disk is full and every table is in the folder', async () => {
  jest.mocked(copyPipeline).mockRejectedValueOnce(full);
  expect((await accepted()).kept).toBeUndefined();
});

it('fails with the first failure where there is no copy', async () => {
  const failure = new DaybreakError('ENGINE_FAILED', { what: 'too little memory', remedy: 'Make the table smaller.' });
  jest.mocked(loadStaticTables).mockRejectedValueOnce(failure);
  await expect(accepted()).rejects.toBe(failure);
});

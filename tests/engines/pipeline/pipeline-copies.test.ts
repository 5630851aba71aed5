import { appendFile, cp, mkdir, readdir, rm, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { ReadPipeline } from '../../../engines/model/loaded-pipeline';
import { copyPipeline, makeCurrent } from '../../../engines/pipeline/pipeline-copies';
import { readPipeline } from '../../../engines/pipeline/read-pipeline';
import { scratchFolder } from '../scratch';

const scratch = scratchFolder();
const root = join(scratch, 'realtime');
const folder = join(scratch, 'pipelines', 'events');

beforeEach(() => cp('pipelines/events', folder, { recursive: true }));
afterEach(() => rm(scratch, { recursive: true }));

const copy = async (): Promise<ReadPipeline> => copyPipeline(await readPipeline(folder), root);
const names = async (pattern: RegExp): Promise<string[]> => (await readdir(root)).filter((name) => pattern.test(name));
const copies = (): Promise<string[]> => names(/^[0-9a-f]{64}$/);

it('removes what a killed process left of a copy, and none that a living one is making', async () => {
  const left = `.copying-${hostname()}-${process.pid}-0a`;
  const ancient = '.copying-elsewhere-1-0b';
  const making = [`.copying-${hostname()}-${process.ppid}-0c`, '.copying-elsewhere-1-0d'];
  for (const name of [left, ancient, ...making]) await mkdir(join(root, name, 'events'), { recursive: true });
  const before = new Date(performance.timeOrigin - 60_000);
  await utimes(join(root, left), before, before);
  await utimes(join(root, ancient), new Date(0), new Date(0));
  await copy();
  expect((await names(/^\./)).sort()).toEqual(making.sort());
});

it('removes a copy that never passed also if the current one stays, but not while somebody may need one', async () => {
  const read = await copy();
  await makeCurrent(read, root);
  const [current = ''] = await copies();
  await appendFile(join(folder, 'transform.sql'), '\n-- edited\n');
  await copy();
  const [edited = ''] = (await copies()).filter((name) => name !== current);
  for (const old of ['current', edited]) {
    await makeCurrent(read, root);
    expect((await copies()).sort()).toEqual([current, edited].sort());
    await utimes(join(root, old), new Date(0), new Date(0));
  }
  await makeCurrent(read, root);
  expect(await copies()).toEqual([current]);
});

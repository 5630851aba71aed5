import { appendFile, cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { acceptedPipeline } from '../../../activities/speed/accepted-pipelines';
import {
  readFolderNamed,
  readPipelineFolder,
  readSettingsNamed,
  requirePipeline,
} from '../../../scripts/operate/pipeline-folder';
import { readConfig } from '../../../worker/config';
import { scratchFolder } from '../../engines/scratch';

const root = scratchFolder();
const config = readConfig({ DAYBREAK_PIPELINES: join(root, 'pipelines'), DAYBREAK_DATA: join(root, 'data') });
const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const folder = join(config.pipelines, 'events');
const settings = () => readSettingsNamed(config, 'events');
let told = '';

beforeEach(async () => {
  await cp('pipelines/events', folder, { recursive: true });
  told = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((line) => {
    told += String(line);
    return true;
  });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await rm(root, { recursive: true, force: true });
});
/** Keeps a copy of what passed, as a worker does. */
const runAsRealtime = async (): Promise<void> => {
  (await acceptedPipeline({ ...config, logger }, 'events')).database.close();
};

it('reads the settings of a folder without a word where it passes its checks', async () => {
  expect(await settings()).toMatchObject({ name: 'events', kafka: { topic: 'events' } });
  expect(told).toBe('');
});

it('reads them where SQL or a table is wrong, and checks neither', async () => {
  await writeFile(join(folder, 'transform.sql'), 'SELECT nothing FROM events');
  await appendFile(join(folder, 'pipeline.yaml'), '\n# changed since\n');
  expect(await settings()).toMatchObject({ name: 'events' });
  expect(told).toBe('');
});

it('gives no pipeline where SQL or a table is wrong, but its settings, and says so', async () => {
  await writeFile(join(folder, 'transform.sql'), 'SELECT nothing FROM events');
  expect(await readFolderNamed(config, 'events')).toMatchObject({ settings: { name: 'events' }, loaded: undefined });
  expect(told).toMatch(/^BAD_TRANSFORM .*goes on with the settings that can be read\.\n$/s);
});

it('gives the settings and the fault where the storage of a table is configured wrongly', async () => {
  const path = join(folder, 'pipeline.yaml');
  const located = 'file: names.ndjson\n    location: hdfs://nn/tables';
  await writeFile(path, (await readFile(path, 'utf8')).replace('file: names.ndjson', located));
  jest.replaceProperty(process, 'env', { ...process.env, DAYBREAK_WEBHDFS_URL: 'namenode:9870' });
  expect(await readPipelineFolder(config, 'events')).toMatchObject({
    settings: { name: 'events' },
    state: { code: 'BAD_CONFIGURATION', what: expect.stringMatching(/^DAYBREAK_WEBHDFS_URL /) as string },
  });
});

it('takes those that realtime took last where the folder’s cannot be read, or the folder is gone', async () => {
  await runAsRealtime();
  await writeFile(join(folder, 'pipeline.yaml'), 'name: [');
  expect(await settings()).toMatchObject({ name: 'events', kafka: { topic: 'events' } });
  expect(told).toMatch(/^BAD_PIPELINE /);
  await rm(folder, { recursive: true });
  expect(await settings()).toMatchObject({ name: 'events' });
  expect(await readPipelineFolder(config, 'events')).toMatchObject({ state: { code: 'UNKNOWN_PIPELINE' } });
  await requirePipeline(config, 'events');
});

it('refuses where there are none', async () => {
  await writeFile(join(folder, 'pipeline.yaml'), 'name: [');
  await expect(settings()).rejects.toMatchObject({ code: 'BAD_PIPELINE' });
  await requirePipeline(config, 'events');
  await rm(folder, { recursive: true });
  await expect(settings()).rejects.toMatchObject({ code: 'UNKNOWN_PIPELINE' });
  await expect(requirePipeline(config, 'events')).rejects.toMatchObject({ code: 'UNKNOWN_PIPELINE' });
  await rm(config.pipelines, { recursive: true });
  await expect(readPipelineFolder(config, 'events')).rejects.toMatchObject({ code: 'BAD_CONFIGURATION' });
});

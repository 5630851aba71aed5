import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localStorage } from '../../../../clients/storage/local/local-storage';
import type { Storage } from '../../../../clients/storage';
import type { FeedRecord } from '../../../../scripts/feed/generate';
import { objectSink } from '../../../../scripts/feed/files/object-sink';
import { pipelineWith } from '../pipeline-with';

const NAME = 'names.20261121.07.json';
const instant = Date.parse('2026-11-21T07:00:00+09:00');
const RECORD: FeedRecord = {
  ...{ kind: 'event', text: '{"id":1}', instant, at: instant, hour: '20261121.07' },
  ...{ late: false, toKafka: false, toFile: true },
};

let folder: string;
let storage: Storage;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-feed-'));
  storage = localStorage({ kind: 'local', folder });
});
afterEach(() => rm(folder, { recursive: true }));
const sinkOf = async (used: Storage) => objectSink(used, await pipelineWith(), { scratch: join(folder, '.scratch') });

it('keeps what another writer adds between its look at an object and its read', async () => {
  await writeFile(join(folder, NAME), 'former\n');
  let isFirst = true;
  const sink = await sinkOf({
    ...storage,
    async find(key) {
      const found = await storage.find(key);
      if (isFirst) await writeFile(join(folder, NAME), 'former\nof another\n');
      isFirst = false;
      return found;
    },
  });
  await sink.writeDay((writer) => writer.write([RECORD]), []);
  expect(await readFile(join(folder, NAME), 'utf8')).toBe('former\nof another\n{"id":1}\n');
});

it('writes what a live stream holds if the stream fails', async () => {
  const failing = (await sinkOf(storage)).writeLive(async (writer) => {
    await writer.write([RECORD]);
    throw new Error('Kafka is away');
  });
  await expect(failing).rejects.toThrow('Kafka is away');
  const [name = ''] = (await readdir(folder)).filter((found) => !found.startsWith('.'));
  expect(await readFile(join(folder, name), 'utf8')).toBe('{"id":1}\n');
});

import { readPipeline } from '../../../engines/pipeline/read-pipeline';
import { DAY, pipelineLike, scratchFolder } from '../scratch';

const root = scratchFolder();

async function settingsOf(
  example: 'events' | 'rides',
  change: (yaml: string) => string = (yaml) => yaml,
): Promise<string> {
  const folder = await pipelineLike(example, root, { 'pipeline.yaml': change });
  return (await readPipeline(folder, DAY)).hashes.settings;
}

it('keeps the hash of the settings with which days were built', async () => {
  expect([await settingsOf('events'), await settingsOf('rides')]).toEqual([
    '2369f07f001121a4ad1d36aad1802d291092b7c423d0383c3ccc6aba201915b2',
    '8e092a28802b3df8b3882c66e347c0cf0f074ec19f2f43fb51604b2f0fd9b28c',
  ]);
});

it.each([
  ['events', 'hello: VARCHAR', 'Record: VARCHAR', '2ea094bf6435f82a53ac00b0a450c69fd5ce3e6321c32d7b28298564be7d6871'],
  ['events', 'hello: VARCHAR', 'rowid: VARCHAR', '08c87d2bd3ef9447d6c80e122719c14f8ece85f88b62554843d186fea08aa527'],
  [
    'events',
    'hello: VARCHAR',
    'file_row_number: VARCHAR',
    'a6a5c44fd6799384f53915d0cf4843af841950cb3d6a5a5df5b420f57a90d3fc',
  ],
  ['rides', 'borough: BIGINT', 'Index: BIGINT', '3c411c1cc80f3bc2eb86328787e8ad26d2d2d2609648a4eedf3460e6016ea916'],
] as const)(
  'has another one where columns were taken for Daybreak’s own: %s %s %s',
  async (example, from, to, before) => {
    expect(await settingsOf(example, (yaml) => yaml.replace(from, to))).not.toBe(before);
  },
);

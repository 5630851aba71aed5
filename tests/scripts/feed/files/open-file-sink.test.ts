import { join } from 'node:path';
import { openFileSink } from '../../../../scripts/feed/files/open-file-sink';
import { pipelineWith } from '../pipeline-with';

it.each([
  [undefined, undefined, '/data/events/input'],
  ['/logs/events', undefined, '/logs/events'],
  ['s3://logs/events', undefined, 's3://logs/events/'],
  ['hdfs://nn:9870/logs', undefined, 'hdfs://nn:9870/logs'],
  ['s3://logs/events', 'here', join(process.cwd(), 'here')],
  [undefined, 's3://logs', 's3://logs/'],
])('with files.location %s and --output %s the files go to %s', async (location, output, expected) => {
  const sink = await openFileSink(await pipelineWith({ location }), '/data', output);
  expect(sink.location).toBe(expected);
  sink.close();
});

it('refuses an address that is no storage', async () => {
  await expect(openFileSink(await pipelineWith(), '/data', 'ftp://host/logs')).rejects.toMatchObject({
    code: 'BAD_CONFIGURATION',
  });
});

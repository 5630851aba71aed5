import { S3Client } from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { locationOf, openStorage } from '../../../clients/storage';
import { pipelineSchema } from '../../../domain/pipeline';
import { runDayBuild } from '../../../engines/build-day';
import { listing } from '../../clients/storage/listing';
import { contentsOf, DAY, event, lines, loadExample, scratchFolder } from '../../engines/scratch';
import { startFlatS3, type FlatS3 } from '../support/flat-s3';
import { putMarkers } from './folder-markers';

let server: FlatS3;
let s3: S3Client;
beforeAll(async () => {
  server = await startFlatS3();
  s3 = new S3Client({ ...access(), forcePathStyle: true });
}, 900_000);
afterAll(async () => {
  s3.destroy();
  await server.stop();
});

const access = () => ({
  endpoint: server.url,
  region: 'us-east-1',
  credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
});

const root = scratchFolder();

describe('an S3 in which names are no paths', () => {
  listing(() => ({
    many: 1_100,
    isFlat: true,
    open: () => openStorage(locationOf(`s3://${server.bucket}/some/prefix`), { s3: access() }),
    makeFolder: (folder) => putMarkers(s3, server.bucket, `some/prefix/${folder}`),
  }));

  it('gives the rows of an object that has the name of a folder too, reports the folder, and reads no marker', async () => {
    const variables = { AWS_ENDPOINT_URL_S3: server.url, AWS_REGION: 'us-east-1' };
    Object.assign(process.env, variables, { AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any' });
    const prefix = randomUUID();
    const location = `s3://${server.bucket}/${prefix}`;
    const storage = await openStorage(locationOf(location));
    const write = (key: string, hour: number, id: number) =>
      storage.write(key, Buffer.from(lines(event(id, `${DAY} 0${hour}:00:00`))));
    await write('hour-2026112107', 7, 1);
    await write('hour-2026112107/part-0', 7, 2);
    await write('hour-2026112108.gz/part-0', 8, 3);
    await putMarkers(s3, server.bucket, `${prefix}/hour-2026112109/`);
    const { pipeline, ...loaded } = await loadExample('events');
    const files = { location, pattern: 'hour-%Y%m%d%H' };
    const output = join(root, 'output');
    const build = () =>
      runDayBuild(
        { ...loaded, pipeline: pipelineSchema.parse({ ...pipeline, files }) },
        { date: DAY, input: location, output, engine: 'duckdb' },
      );
    const manifest = await build();
    expect(manifest.inputs.map(({ file }) => file)).toEqual([
      'hour-2026112107',
      'hour-2026112107/',
      'hour-2026112108.gz',
    ]);
    expect(manifest.unreadFiles?.map(({ file }) => file)).toEqual(['hour-2026112107/', 'hour-2026112108.gz']);
    expect(manifest.counts).toMatchObject({ read: 3, written: 1, quarantined: 2 });
    expect((await contentsOf(output, DAY))['07.ndjson']).toContain('"user_id":1,');
    expect(await build()).toEqual(manifest);
    await write('hour-2026112107/part-0', 7, 4);
    await write('hour-2026112107', 7, 5);
    expect((await build()).counts).toEqual(manifest.counts);
    expect((await contentsOf(output, DAY))['07.ndjson']).toContain('"user_id":5,');
    storage.close();
  });
});

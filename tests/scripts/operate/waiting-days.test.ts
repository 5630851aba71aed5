import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { businessDateOf, shiftDate } from '../../../domain/business-date';
import { waitingDays } from '../../../scripts/operate/waiting-days';
import { loadExample } from '../../engines/scratch';

const before = { ...process.env };
let data: string;
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'daybreak-waiting-'));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'some-key',
    AWS_SECRET_ACCESS_KEY: 'some-secret',
    AWS_MAX_ATTEMPTS: '1',
  });
});
afterAll(async () => {
  process.env = before;
  await rm(data, { recursive: true });
});

it('says once that the files of a storage that does not answer cannot be compared, and fails nothing', async () => {
  const loaded = await loadExample('events');
  const { pipeline } = loaded;
  const remote = { ...loaded, pipeline: { ...pipeline, files: { ...pipeline.files, location: 's3://some-bucket/x' } } };
  expect(await waitingDays(remote, data, 7)).toEqual([
    {
      date: shiftDate(businessDateOf(new Date(), pipeline.timeZone), -1),
      why: expect.stringMatching(
        /^its files cannot be compared: listing s3:\/\/some-bucket\/x\/.*ECONNREFUSED/,
      ) as string,
      remedy: expect.stringContaining('AWS_ENDPOINT_URL_S3') as string,
    },
  ]);
});

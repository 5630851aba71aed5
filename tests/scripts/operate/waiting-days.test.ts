import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { businessDateOf, shiftDate } from '../../../domain/business-date';
import { nightlyRunOf } from '../../../activities/operate/nightly-runs';
import { applySchedules } from '../../../scripts/operate/schedule/schedules';
import { waitingDays } from '../../../scripts/operate/waiting-days';
import { loadExample, writeFiles } from '../../engines/scratch';
import { localTemporal } from '../cli/local-temporal';

const temporal = localTemporal();
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

it('waits for no night of a pipeline that has no schedule, and for no watch that does not look at the day', async () => {
  const loaded = await loadExample('events');
  const { client } = temporal;
  const date = shiftDate(businessDateOf(new Date(), loaded.pipeline.timeZone), -3);
  const hour = `names.${date.replaceAll('-', '')}.00.json`;
  await writeFiles(join(data, 'events/input'), { [hour]: `{"hello":"a","id":1,"time":"${date} 00:00:00"}\n` });
  const waiting = (missedDays: 'report' | 'build', days = 3) => {
    const pipeline = { ...loaded.pipeline, lateData: { ...loaded.pipeline.lateData, missedDays, days } };
    return waitingDays({ ...loaded, pipeline }, data, 3, (day) => nightlyRunOf(client, pipeline, day));
  };
  const run = `npx daybreak batch run --pipeline events --date ${date}`;
  const without = [{ date, why: 'never built: the pipeline has no nightly schedule', remedy: run }];
  expect([await waiting('report'), await waiting('build')]).toEqual([without, without]);

  await applySchedules(client, loaded.pipeline, false, { from: date, find: () => Promise.resolve(undefined) });
  const why = expect.stringContaining('and did not come') as string;
  expect(await waiting('build')).toEqual([{ date, why, remedy: `The late-data watch builds it; now: ${run}` }]);
  expect(await waiting('build', 2)).toEqual([{ date, why, remedy: run }]);
});

it('names a day whose file cannot be read, and goes on with the days before it', async () => {
  const loaded = await loadExample('events');
  const today = businessDateOf(new Date(), loaded.pipeline.timeZone);
  const [broken, unbuilt] = [shiftDate(today, -2), shiftDate(today, -4)];
  const name = (date: string): string => `names.${date.replaceAll('-', '')}.07.json`;
  const folder = join(data, 'broken');
  const input = join(folder, 'events/input');
  await writeFiles(input, { [name(unbuilt)]: `{"hello":"a","id":1,"time":"${unbuilt} 07:00:00"}\n` });
  await symlink('/nowhere', join(input, name(broken)));
  expect(await waitingDays(loaded, folder, 5)).toEqual([
    expect.objectContaining({ date: broken, why: expect.stringContaining(name(broken)) as string }),
    expect.objectContaining({ date: unbuilt, why: 'has files and no build' }),
  ]);
});

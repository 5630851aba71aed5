import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { userInfo } from 'node:os';
import { businessDateOf, shiftDate } from '../../../domain/business-date';
import { runDayBuild } from '../../../engines/build-day';
import { loadPipeline } from '../../../engines/load-pipeline';
import type { BuildProgress } from '../../../engines/model/progress';
import { S3_ROOT } from '../../../scripts/stack/servers/versitygw';
import { daybreak } from '../support/daybreak';
import { faultyProxy, type FaultyProxy } from '../support/faulty-proxy';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { startStorageServer, type StorageServer } from '../support/storage-servers';
import { webHdfs } from './web-hdfs';

const BUCKET = 'checked';
const { region, ...ROOT } = S3_ROOT;
const YESTERDAY = shiftDate(businessDateOf(new Date(), 'Asia/Seoul'), -1);
const NAME = `names.${YESTERDAY.replaceAll('-', '')}.00.json`;
const TOKEN = 'JAAEcm9vdC1zZWNyZXQtdG9rZW4';
/** Nobody listens there: what is asked of Druid fails, and must not stop the checks of the places. */
const NO_DRUID = { DRUID_COORDINATOR_URL: 'http://127.0.0.1:9', DRUID_BROKER_URL: 'http://127.0.0.1:9' };

let s3Server: StorageServer;
let hdfs: StorageServer;
let s3: S3Client;
let proxy: FaultyProxy;
let pipeline: OwnPipeline;

beforeAll(async () => {
  [s3Server, hdfs] = [await startStorageServer('versitygw'), await startStorageServer('hdfs')];
  s3 = new S3Client({ endpoint: s3Server.url, forcePathStyle: true, region, credentials: ROOT });
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const names = [NAME, ...Array.from({ length: 1_100 }, (_, index) => `names.2020${1000 + index}.00.json`)];
  for (const name of names) await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: `logs/${name}`, Body: '{}' }));
  // The cluster belongs to the user who started it.
  await webHdfs(hdfs.url, 'PUT', '/', { op: 'SETPERMISSION', permission: 777, 'user.name': userInfo().username });
  await webHdfs(hdfs.url, 'PUT', `/logs/${NAME}`, { op: 'CREATE', 'user.name': 'daybreak' }, '{}');
}, 900_000);
afterAll(async () => {
  s3.destroy();
  await s3Server.stop();
  await hdfs.stop();
});
afterEach(async () => {
  await pipeline.remove();
  await proxy.close();
});

/** What a person sees who checks a pipeline with its input at that location. */
async function check(location: string, environment: Readonly<Record<string, string>>, options = '--connect') {
  pipeline = await ownPipeline((yaml) => yaml.replace(/^files:$/m, `files:\n  location: ${location}`));
  const answer = await daybreak(`pipeline check ${pipeline.folder} ${options}`, {
    ...pipeline.environment,
    // On Node 20 the AWS SDK warns of its versions to come.
    NODE_NO_WARNINGS: '1',
    ...environment,
  });
  for (const secret of [ROOT.secretAccessKey, 'wrong-secret', TOKEN]) {
    expect(`${answer.stdout}${answer.stderr}`).not.toContain(secret);
  }
  return answer;
}

const s3Environment = (changes: Readonly<Record<string, string>> = {}) => ({
  AWS_ENDPOINT_URL_S3: proxy.url,
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: ROOT.accessKeyId,
  AWS_SECRET_ACCESS_KEY: ROOT.secretAccessKey,
  ...changes,
});
const isList = (seen: string): boolean => seen.includes('list-type=2');

describe('an input in S3', () => {
  beforeEach(async () => {
    proxy = await faultyProxy(s3Server.url);
  });

  it('is listed by the day, and one byte of it is read; Druid answers too', async () => {
    const { code, stdout, stderr } = await check(`s3://${BUCKET}/logs`, s3Environment());
    expect(stdout).toContain(
      `input s3://${BUCKET}/logs/: can be listed; ${NAME} can be read; nothing is written there\n` +
        `output ${pipeline.output}: can be written\n`,
    );
    expect(stdout).toMatch(/every check passed/);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(proxy.seen.filter((seen) => !seen.startsWith('GET'))).toEqual([]);
    expect(proxy.seen.map((seen) => /prefix=([^&]*)/.exec(seen)?.[1] ?? 'a read')).toEqual([
      encodeURIComponent(`logs/${NAME.slice(0, -7)}`),
      'a read',
    ]);
  });

  it('that a pattern without a fixed beginning describes is not listed further than one page', async () => {
    pipeline = await ownPipeline((yaml) =>
      yaml
        .replace(/^files:$/m, `files:\n  location: s3://${BUCKET}/logs`)
        .replace(/pattern: .*/, "pattern: '*.%Y%m%d.%H.log'"),
    );
    const { code, stdout } = await daybreak(`pipeline check ${pipeline.folder} --connect`, {
      ...pipeline.environment,
      ...s3Environment(),
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /can be listed; no file of \d{4}-\d\d-\d\d or \d{4}-\d\d-\d\d is among the first 1000 names/,
    );
    expect(proxy.seen.filter(isList)).toHaveLength(1);
  });

  it.each([
    ['a wrong secret', { AWS_SECRET_ACCESS_KEY: 'wrong-secret' }, 'STORAGE_REFUSED', 'AWS_ACCESS_KEY_ID=…'],
    // This server knows no temporary credentials.
    ['a session token', { AWS_SESSION_TOKEN: TOKEN }, 'STORAGE_REFUSED', 'AWS_SESSION_TOKEN=…'],
    ['a wrong region', { AWS_REGION: 'eu-west-1' }, 'STORAGE_REFUSED', `export AWS_REGION=${region}`],
    [
      'a server that is not there',
      { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1' },
      'STORAGE_FAILED',
      'AWS_ENDPOINT_URL_S3',
    ],
  ])('cannot be listed with %s; the remedy is said, and the other checks go on', async (_, changes, named, remedy) => {
    const { code, stdout, stderr } = await check(`s3://${BUCKET}/logs`, { ...s3Environment(changes), ...NO_DRUID });
    expect(code).toBe(1);
    expect(stdout).toContain(`input s3://${BUCKET}/logs/: cannot be listed\noutput ${pipeline.output}: can be written`);
    expect(stdout).not.toContain('passed');
    expect(stderr).toMatch(new RegExp(`^DRUID_UNREACHABLE .*\\n(?:.*\\n)*${named} listing s3://${BUCKET}/logs/`));
    expect(stderr).toContain(remedy);
  });

  it('cannot be read without that right; programs get the code and the remedy', async () => {
    proxy.fail((seen) => seen.startsWith('GET') && !isList(seen), {
      answer: 403,
      headers: { 'content-type': 'application/xml' },
      body: '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>no</Message></Error>',
    });
    const { code, stdout, stderr } = await check(`s3://${BUCKET}/logs`, s3Environment(), '--connect --json');
    expect(code).toBe(1);
    expect(stderr).toContain('STORAGE_REFUSED');
    expect(JSON.parse(stdout)).toMatchObject({
      warnings: [],
      places: [
        {
          of: 'input',
          place: `s3://${BUCKET}/logs/`,
          can: ['list'],
          file: NAME,
          failure: {
            code: 'STORAGE_REFUSED',
            what: expect.stringMatching(`^reading s3://${BUCKET}/logs/${NAME} failed: AccessDenied 403`) as string,
            remedy: `Allow s3:ListBucket on ${BUCKET}, and s3:GetObject below the prefix; reading needs no other right.`,
          },
        },
        { of: 'output', place: pipeline.output, can: ['write'] },
      ],
    });
  });
});

describe('an input in HDFS', () => {
  beforeEach(async () => {
    proxy = await faultyProxy(hdfs.url);
  });

  it('is listed and read', async () => {
    const location = `webhdfs://${new URL(proxy.url).host}/logs`;
    const { code, stdout } = await check(location, { HADOOP_USER_NAME: 'daybreak' });
    expect(stdout).toContain(`input ${location}: can be listed; ${NAME} can be read`);
    expect(code).toBe(0);
  });

  it('is fetched by a build, which reports the bytes', async () => {
    pipeline = await ownPipeline();
    const input = `webhdfs://${new URL(proxy.url).host}/logs`;
    const seen: BuildProgress[] = [];
    const onProgress = (now: BuildProgress): void => void seen.push(now);
    const loaded = await loadPipeline(pipeline.folder);
    const { output } = pipeline;
    const { counts } = await runDayBuild(loaded, { date: YESTERDAY, input, output, engine: 'duckdb', onProgress });
    expect(counts).toMatchObject({ read: 1, quarantined: 1 });
    expect(seen.at(-1)).toMatchObject({ rows: 1, fetchedBytes: '{}'.length });
  });

  it('says that a delegation token has expired, and not which one', async () => {
    const body = { RemoteException: { exception: 'InvalidToken', message: `token ${TOKEN} is expired` } };
    proxy.fail(() => true, { answer: 403, body: JSON.stringify(body) }, 100);
    const location = `webhdfs://${new URL(proxy.url).host}/logs`;
    const { code, stdout, stderr } = await check(location, { HADOOP_TOKEN: TOKEN });
    expect(code).toBe(1);
    expect(stdout).toContain(`input ${location}: cannot be listed`);
    expect(stderr).toContain('export HADOOP_TOKEN=…');
    expect(proxy.seen[0]).toContain(TOKEN);
  });
});

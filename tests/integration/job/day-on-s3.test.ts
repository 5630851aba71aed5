import { execFileSync } from 'node:child_process';
import { locationOf, openStorage, type Storage } from '../../../clients/storage';
import { businessDateOf, parseBusinessDate, shiftDate } from '../../../domain/business-date';
import { dailyBatchId, type DailyBatchResult } from '../../../domain/daily-batch';
import { artifactsOf } from '../../../scripts/stack/fetch/artifacts';
import { stopProcess } from '../../../scripts/stack/processes';
import { silentProgress } from '../../../scripts/stack/progress';
import { S3_ROOT, versitygw } from '../../../scripts/stack/servers/versitygw';
import { stackOf } from '../../../scripts/stack/stack';
import { readConfig } from '../../../worker/config';
import { withClient } from '../../../worker/connect';
import { expectedRows, fedDay, servedRows, ZONE } from '../batch/day-rows';
import { background, daybreak, succeed, type BackgroundCommand } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';

const { portBase, ports } = useStack();
const date = parseBusinessDate('2026-04-18');
const EVENTS = 2_000;
/** The stack of this test run: only the S3 is started beside its servers. */
const directory = process.env['DAYBREAK_TEST_STACK_DIRECTORY'];
const stack = stackOf({ portBase, directory });
const server = versitygw(stack, artifactsOf(silentProgress), ports.s3);
const ofStack = { DAYBREAK_STACK: stack.directory };

let printed: string;
let environment: Readonly<Record<string, string>>;
let pipeline: OwnPipeline;
let worker: BackgroundCommand;
let storage: Storage;

beforeAll(async () => {
  printed = await succeed('up --storage s3', ofStack);
  pipeline = await ownPipeline((yaml) =>
    yaml
      .replace(/settleSeconds: \d+/, 'settleSeconds: 0')
      .replace(/^( +)pattern: .*$/m, `$1location: s3://events/hourly\n$1pattern: dt=%Y-%m-%d/hour=%H/*.json.gz`)
      .concat('\noutput:\n  location: s3://events/published\n  compression: gzip\n'),
  );
  const exports = [...printed.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]);
  environment = { ...pipeline.environment, ...(Object.fromEntries(exports) as Record<string, string>) };
  const { region, ...credentials } = S3_ROOT;
  storage = await openStorage(locationOf('s3://events/hourly'), { s3: { endpoint: server.url, region, credentials } });
  worker = await background('worker --role batch', environment, '"msg":"ready"');
}, 900_000);

afterAll(() =>
  endAll(
    () => worker.stop(),
    () => pipeline.remove(),
    () => stopProcess(stack, server),
    () => {
      storage.close();
      return Promise.resolve();
    },
  ),
);

async function objects(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of storage.list('')) keys.push(key);
  return keys.sort();
}

it('brings a local S3 up once, says how to use it, and shows it in the status', async () => {
  expect(printed).toContain(`export AWS_ENDPOINT_URL_S3=http://127.0.0.1:${ports.s3}\n`);
  expect(printed).toContain('location: s3://events\n');
  const listening = execFileSync('ss', ['-ltnH', `sport = :${ports.s3}`], { encoding: 'utf8' });
  expect(listening.trim().split('\n')).toEqual([expect.stringContaining(` 127.0.0.1:${ports.s3} `)]);
  const again = await daybreak('up --storage s3', ofStack);
  expect(again).toMatchObject({ code: 0, stdout: printed });
  expect(again.stderr).toContain('S3 (versitygw): was up at');
  const { stdout } = await daybreak(`status --pipeline ${pipeline.name}`, { ...environment, ...ofStack });
  expect(stdout).toMatch(new RegExp(`S3 \\(versitygw\\) .*up .*http://127.0.0.1:${ports.s3}`));
});

it('feeds a day there, builds it and replaces it in Druid, exactly', async () => {
  const feed = `feed --pipeline ${pipeline.name} --date ${date} --events ${EVENTS} --seed 5 --no-kafka`;
  expect(await succeed(feed, environment)).toContain('lines to 24 files in s3://events/hourly/');
  const keys = await objects();
  expect(keys).toHaveLength(24);
  expect(keys[7]).toBe('dt=2026-04-18/hour=07/part.json.gz');
  const refused = await daybreak(feed, environment);
  expect(refused.stderr).toMatch(/OUTPUT_FAILED s3:\/\/events\/hourly\/ has 24 files of 2026-04-18 already/);
  expect(await objects()).toEqual(keys);

  const records = fedDay(date, EVENTS, 5);
  const build = `batch build --pipeline ${pipeline.folder} --date ${date} --input s3://events/hourly --output`;
  expect(await succeed(`${build} s3://events/built`, environment)).toMatch(
    new RegExp(`published as s3://events/built/\\.versions/${date}/[0-9a-f]{16}\n`),
  );

  const run = `batch run --pipeline ${pipeline.name} --date ${date} --json`;
  const result = JSON.parse(await succeed(run, environment)) as DailyBatchResult;
  expect(result).toMatchObject({
    verdict: 'replaced',
    output: expect.stringMatching(new RegExp(`^s3://events/published/\\.versions/${date}/[0-9a-f]{16}$`)) as string,
    counts: { read: records.filter(({ toFile }) => toFile).length },
  });
  expect(await servedRows(pipeline.topic, date)).toEqual(expectedRows(records));

  // A day that is fed once more has each record twice, and the same rows.
  await succeed(`${feed} --append`, environment);
  expect(await objects()).toEqual(keys);
  const appended = JSON.parse(await succeed(run, environment)) as DailyBatchResult;
  expect(appended.counts).toMatchObject({ read: 2 * result.counts.read, written: EVENTS });
  expect(appended.output).not.toBe(result.output);
});

it('proves the day later, and restores a version, from there', async () => {
  const on = `--pipeline ${pipeline.name} --date ${date} --json`;
  const proven = JSON.parse(await succeed(`batch verify ${on}`, environment)) as DailyBatchResult;
  expect(proven.hours).toHaveLength(24);
  const restored = JSON.parse(await succeed(`batch restore ${on}`, environment)) as DailyBatchResult;
  expect(restored.verdict).toBe('restored');
  expect(await servedRows(pipeline.topic, date)).toEqual(expectedRows(fedDay(date, EVENTS, 5)));
  const checked = await succeed(`pipeline check ${pipeline.folder} --connect`, environment);
  expect(checked).toContain('output s3://events/published/: can be written');
});

it('keeps the signatures with which Druid reads out of the histories', async () => {
  const history = await withClient(readConfig(), (client) =>
    client.workflow.getHandle(dailyBatchId(pipeline.name, date)).fetchHistory(),
  );
  const text = payloadTexts(history).join('\n');
  expect(text).toContain('s3://events/published/');
  expect(text).not.toMatch(/X-Amz/i);
  expect(worker.output()).not.toMatch(/X-Amz/i);
});

it('writes a live stream as new objects that the batch would read', async () => {
  const before = await objects();
  const live = await succeed(`feed --pipeline ${pipeline.name} --rate 200 --for 1 --no-kafka --late 0`, environment);
  expect(live).toMatch(/Fed 200 events/);
  const added = (await objects()).filter((key) => !before.includes(key));
  const today = businessDateOf(new Date(), ZONE);
  expect(added.length).toBeGreaterThan(0);
  for (const key of added) {
    expect(key).toMatch(/^dt=\d{4}-\d\d-\d\d\/hour=\d\d\/part_\d{13}\.json\.gz$/);
    expect([today, shiftDate(today, -1)]).toContain(key.slice(3, 13));
  }
});

/** What the bytes in a history say. */
function payloadTexts(value: unknown): string[] {
  if (value instanceof Uint8Array) return [Buffer.from(value).toString()];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(payloadTexts) : [];
}

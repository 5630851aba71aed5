import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { runDayBuild } from '../../../engines/build-day';
import { withOutput } from '../../../engines/versions/open-output';
import { DAY, event, lines, loadExample, publishedIn, rowsOf, scratchFolder, writeFiles } from '../../engines/scratch';
import { runMain } from '../cli/run-main';

const data = scratchFolder();
const output = join(data, 'events/output');

/** The rows that Druid serves in the seventh hour, which in Seoul begins at 22:00 of the day before in UTC. */
let rows: readonly string[];
let segments: readonly object[] = [];
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const asked = Buffer.concat(chunks).toString();
    if (asked.includes('sys.segments')) response.end(JSON.stringify(segments));
    else if (!asked.includes('objectLines')) response.end('[]');
    else response.end(`${(asked.includes("__time >= TIMESTAMP '2026-11-20 22:00") ? rows : []).join('\n')}\n\n`);
  });
});
const SEGMENT = {
  segment_id: 'a-segment',
  ...{ start: '2026-11-20T15:00:00.000Z', end: '2026-11-21T15:00:00.000Z', version: '2026-11-22T01:00:00.000Z' },
  ...{
    num_rows: 1,
    is_published: 1,
    is_available: 1,
    is_realtime: 0,
    is_overshadowed: 0,
    shard_spec: '{"type":"none"}',
  },
};
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));

async function build(...ids: number[]): Promise<{ readonly version: string; readonly rows: readonly string[] }> {
  await writeFiles(join(data, 'events/input'), {
    'names.20261121.07.json': lines(...ids.map((id) => event(id))),
  });
  const input = join(data, 'events/input');
  await runDayBuild(await loadExample('events'), { date: DAY, input, output, engine: 'duckdb' });
  const { version = '' } = (await publishedIn(output)) ?? {};
  return { version, rows: await rowsOf(output, DAY) };
}

function verify(...options: string[]) {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const environment = { DAYBREAK_DATA: data, DRUID_COORDINATOR_URL: url, DRUID_BROKER_URL: url };
  return runMain(['batch', 'verify', '--date', DAY, ...options], environment);
}

beforeEach(() => {
  segments = [SEGMENT];
});

it('proves the version that Druid serves, and names a later build that no run has brought to Druid', async () => {
  const first = await build(1);
  await withOutput({ location: output }, DAY, (day) => day.markServed(first.version, { task: 't', isRestored: false }));
  rows = first.rows;
  const proven = await verify('--json');
  expect(JSON.parse(proven.stdout)).toMatchObject({ build: first.version });
  expect(proven.stdout).not.toContain('notServed');

  const second = await build(1, 2);
  const older = await verify();
  expect(older).toMatchObject({ code: 0, stderr: '' });
  expect(older.stdout).toContain(
    `the build ${first.version}; the last build, ${second.version}, did not replace the day`,
  );

  // A run that failed after Druid had loaded its rows recorded nothing.
  rows = second.rows;
  expect(JSON.parse((await verify('--json')).stdout)).toMatchObject({ build: second.version });

  rows = [];
  const wrong = await verify();
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('the batch wrote 1 ') as string });
});

it('proves a day without rows of which Druid has no segment', async () => {
  const { version } = await build();
  [rows, segments] = [[], []];
  expect(await verify()).toMatchObject({
    code: 0,
    stderr: '',
    stdout: expect.stringMatching(/ in every hour: the day has none, and no segment$/m) as string,
  });
  expect(JSON.parse((await verify('--json')).stdout)).toMatchObject({ build: version, segments: 0, version: '' });
});

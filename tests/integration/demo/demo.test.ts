import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isFree } from '../../../scripts/stack/port-owner';
import { runToEnd } from '../support/run-to-end';

const MINUTE = 60_000;
const EVENTS = 5_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-demo-'));
  await cp('pipelines/events', join(folder, 'pipelines/events'), { recursive: true });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it(
  'runs a whole day on servers of its own, ends with the proof, and leaves no server',
  async () => {
    const command = [resolve('scripts/daybreak.mjs'), 'demo', '--once', '--events', String(EVENTS)];
    const { code, stdout, stderr } = await runToEnd(process.execPath, command, { folder, seconds: 20 * 60 });

    expect(`${code}\n${stderr}${stdout}`).toMatch(/^0\n/);
    expect(stdout).toMatch(new RegExp(`│ day {2}│.* ${EVENTS.toLocaleString('en')} │ +yes │`));
    expect(stdout).toMatch(/^verdict: replaced — proven row by row/m);

    expect((await readdir(join(folder, '.daybreak/demo'))).sort()).toEqual(['data', 'feed.log', 'worker.log']);
    const addresses = [...stdout.matchAll(/│ +up │ +(?:http:\/\/)?127\.0\.0\.1:(\d+) │/g)];
    expect(addresses).toHaveLength(7);
    for (const [, port] of addresses) expect([port, await isFree(Number(port))]).toEqual([port, true]);
  },
  25 * MINUTE,
);

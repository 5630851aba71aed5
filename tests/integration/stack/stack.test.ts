import axios from 'axios';
import { Kafka, logLevel } from 'kafkajs';
import { randomUUID } from 'node:crypto';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDruidClient } from '../../../clients/druid';
import { startStack, stackHealth, stopStack } from '../../../scripts/stack';
import { commandLine } from '../../../scripts/stack/processes';
import { readConfig } from '../../../worker/config';
import { freePortBase } from '../support/test-stacks';
import { until } from '../support/until';

let options: { portBase: number; directory: string };
let owned = false;

const pids = async (): Promise<(number | undefined)[]> => (await stackHealth(options)).map(({ pid }) => pid);
const states = async (): Promise<string[]> => (await stackHealth(options)).map(({ state }) => state);
const coordinator = (path: string): string => `http://127.0.0.1:${options.portBase + 5}/druid${path}`;

async function withAdmin<T>(work: (admin: ReturnType<Kafka['admin']>) => Promise<T>): Promise<T> {
  const admin = new Kafka({ brokers: [`127.0.0.1:${options.portBase + 2}`], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

beforeAll(async () => {
  const directory = process.env['DAYBREAK_TEST_STACK_DIRECTORY'];
  owned = directory === undefined;
  // A stack that others are using now must not be killed.
  options =
    directory === undefined
      ? { portBase: await freePortBase(), directory: mkdtempSync(join(tmpdir(), 'daybreak-stack-')) }
      : { portBase: Number(process.env['DAYBREAK_PORT_BASE']), directory };
  await startStack(options);
});

afterAll(async () => {
  if (owned) await stopStack({ ...options, wipe: true });
});

test('every server is up', async () => {
  expect(await states()).toEqual(Array(7).fill('up'));
});

test('every server listens on 127.0.0.1 only', async () => {
  const listening = execFileSync('ss', ['-ltnpH'], { encoding: 'utf8' }).split('\n');
  for (const pid of await pids()) {
    const own = listening.filter((line) => line.includes(`pid=${pid ?? ''},`));
    expect(own).not.toHaveLength(0);
    expect(own.filter((line) => !/\s(\[::ffff:)?127\.0\.0\.1\]?:\d/.test(line))).toEqual([]);
  }
});

test('a second start leaves running servers alone', async () => {
  const before = await pids();
  await startStack(options);
  expect(await pids()).toEqual(before);
});

test('after a kill of single servers, a start brings back those and only those', async () => {
  const killed = ['temporal', 'druid-historical'];
  const before = await stackHealth(options);
  for (const { name, pid } of before) if (killed.includes(name)) process.kill(pid!, 'SIGKILL');
  await startStack(options);
  const after = await stackHealth(options);
  expect(after.map(({ state }) => state)).toEqual(Array(7).fill('up'));
  expect(after.filter(({ pid }, index) => pid !== before[index]?.pid).map(({ name }) => name)).toEqual(killed);
});

// By its own default Druid would wait five minutes for the dead indexer's answer, and start nothing.
test('Druid starts tasks again soon after one was given to an indexer that was dead and still listed', async () => {
  const { tasks } = createDruidClient(readConfig({ DAYBREAK_PORT_BASE: String(options.portBase) }).druid);
  /** A task that does nothing. */
  const submit = async (name: string): Promise<string> => {
    const id = `${name}_${randomUUID()}`;
    await axios.post(coordinator('/indexer/v1/task'), { type: 'noop', id, runTime: 0 });
    return id;
  };
  const { pid } = (await stackHealth(options)).find(({ name }) => name === 'druid-indexer')!;
  process.kill(pid!, 'SIGKILL');
  const lost = await submit('lost');
  const log = join(options.directory, 'log', 'druid-coordinator.log');
  await until('the doubt of Druid', () => readFileSync(log, 'utf8').includes(`Not sure whether task[${lost}]`));
  await startStack(options);
  const next = await submit('next');
  await until('the next task', async () => (await tasks.status(next))?.status === 'SUCCESS');
  expect(await tasks.status(lost)).toMatchObject({
    status: 'FAILED',
    errorMsg: expect.stringContaining('did not start it in timeout') as string,
  });
});

test('data survives a stop and a start, and two starts at once start each server once', async () => {
  const topic = `survives-${options.portBase}`;
  await withAdmin((admin) => admin.createTopics({ topics: [{ topic, numPartitions: 1 }] }));
  const rules = JSON.stringify([{ type: 'loadForever', tieredReplicants: { _default_tier: 1 } }]);
  const posted = await fetch(coordinator('/coordinator/v1/rules/survives'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: rules,
  });
  expect(posted.status).toBe(200);

  await stopStack(options);
  expect(await states()).toEqual(Array(7).fill('down'));
  await Promise.all([startStack(options), startStack(options)]);

  const marked = execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(`${options.directory}/`) && !line.includes('/bin/sh'));
  expect(marked).toHaveLength(7);
  expect(await withAdmin((admin) => admin.listTopics())).toContain(topic);
  expect(JSON.stringify(await (await fetch(coordinator('/coordinator/v1/rules/survives'))).json())).toContain(
    'loadForever',
  );
});

test('a taken port is refused by number, server and owner, before anything starts', async () => {
  const portBase = await freePortBase();
  const directory = mkdtempSync(join(tmpdir(), 'daybreak-taken-'));
  const foreign = createServer().listen(portBase + 2, '127.0.0.1');
  try {
    await expect(startStack({ portBase, directory })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      what: expect.stringMatching(new RegExp(`Kafka needs port ${portBase + 2}, .*pid ${process.pid}`)) as string,
      remedy: expect.stringContaining('--port-base') as string,
    });
    expect((await stackHealth({ portBase, directory })).map(({ state }) => state)).toEqual(Array(7).fill('down'));
  } finally {
    foreign.close();
    rmSync(directory, { recursive: true });
  }
});

test('a stop leaves alone a foreign process that has got the recorded pid', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'daybreak-foreign-'));
  const foreign = spawn('sleep', ['60'], { stdio: 'ignore' });
  try {
    mkdirSync(`${directory}/run`);
    writeFileSync(`${directory}/run/kafka.pid`, `${foreign.pid ?? ''}\n`);
    await stopStack({ directory });
    expect(await commandLine(foreign.pid!)).toContain('sleep 60');
    expect(() => readFileSync(`${directory}/run/kafka.pid`)).toThrow('ENOENT');
  } finally {
    foreign.kill();
    rmSync(directory, { recursive: true });
  }
});

import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { startStack, stopStack, takeLock } from '../../../scripts/stack';
import type * as Stack from '../../../scripts/stack';
import { scratchFolder } from '../../engines/scratch';

// No test of this file needs a server.
jest.mock('../../../scripts/stack', () => ({
  ...jest.requireActual<typeof Stack>('../../../scripts/stack'),
  startStack: jest.fn(),
  stopStack: jest.fn(),
}));

const folder = scratchFolder();
const FOLDER = join(folder, '.daybreak/demo');
const before = process.cwd();
let printed = '';

beforeAll(async () => {
  await cp(resolve('pipelines/events'), join(folder, 'pipelines/events'), { recursive: true });
  process.chdir(folder);
});
beforeEach(() => {
  printed = '';
  jest.mocked(stopStack).mockReset();
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterAll(() => {
  process.chdir(before);
  process.exitCode = 0;
});

async function runDemo(): Promise<void> {
  const { run } = await import('../../../scripts/demo/demo');
  await run({ once: true, events: 1 });
}

it('leaves the servers and the data of another demo in the same folder alone, and names it', async () => {
  await mkdir(join(FOLDER, 'data'), { recursive: true });
  const other = await takeLock(FOLDER, '');
  await runDemo();
  await other.release();
  expect(stopStack).not.toHaveBeenCalled();
  expect(await readdir(FOLDER)).toEqual(['data']);
  expect(printed).toMatch(new RegExp(`LOCKED .* \\(process ${process.pid}\\) works on ${FOLDER}\\.`));
  expect(process.exitCode).toBe(1);
});

it('has the lock until its servers are stopped, and leaves it free', async () => {
  const locked: (readonly string[])[] = [];
  jest.mocked(stopStack).mockImplementation(async () => {
    locked.push(await readdir(join(folder, '.daybreak')));
  });
  jest.mocked(startStack).mockRejectedValueOnce(new Error('no server'));
  await runDemo();
  expect(locked).toHaveLength(2);
  for (const names of locked) expect(names).toContain('demo.lock');
  expect(await readdir(join(folder, '.daybreak'))).toEqual([]);
});

it('stops no server of the demo that has taken its lock', async () => {
  jest.mocked(startStack).mockImplementationOnce(async ({ signal } = {}) => {
    await rm(`${FOLDER}.lock`, { recursive: true });
    return new Promise((_, reject) => {
      signal?.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
  });
  await runDemo();
  expect(stopStack).toHaveBeenCalledTimes(1);
  expect(printed).toContain(`LOCKED the lock ${FOLDER}.lock was lost`);
});

it('says before it starts a server that there is no pipeline to run', async () => {
  jest.mocked(startStack).mockClear();
  await rename(join(folder, 'pipelines/events'), join(folder, 'pipelines/other'));
  await runDemo();
  expect(printed).toContain(
    `UNKNOWN_PIPELINE the demo runs the pipeline events, and ${join(folder, 'pipelines/events')}`,
  );
  expect(startStack).not.toHaveBeenCalled();
});

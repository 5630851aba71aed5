import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { scratchFolder } from '../../engines/scratch';

const root = scratchFolder();

/** Runs a program on a terminal of its own, which is closed when the program has written something. */
const ON_A_TERMINAL = `
import os, pty, subprocess, sys
mine, its = pty.openpty()
program = subprocess.Popen(sys.argv[1:], stdin=its, stdout=its, stderr=its, start_new_session=True)
os.close(its)
os.read(mine, 1)
os.close(mine)
program.wait()`;

/** Writes and writes. Each of its ends is noted in a file. */
const WRITES = `
const { appendFileSync } = require('node:fs');
const { onEnding } = require('./scripts/output/ending.ts');
const { endIfUnwritable } = require('./scripts/output/unwritable.ts');
const note = (line) => appendFileSync(process.env.NOTES, line + '\\n');
endIfUnwritable(() => note('reported'));
// Until the signal comes, and then a little more. A process without signals writes for half a minute.
let left = 600;
if (process.env.CATCHES) onEnding((signal) => {
  note(signal);
  left = Math.min(left, 3);
});
const writing = setInterval(() => {
  process.stdout.write('.');
  process.stderr.write('.');
  left -= 1;
  if (left > 0) return;
  clearInterval(writing);
  note('done');
}, 50);`;

async function closed(name: string, environment: Readonly<Record<string, string>>): Promise<string[]> {
  const notes = join(root, name);
  await promisify(execFile)('python3', ['-c', ON_A_TERMINAL, process.execPath, '--import', 'tsx', '-e', WRITES], {
    env: { ...process.env, ...environment, NOTES: notes },
  });
  return existsSync(notes) ? (await readFile(notes, 'utf8')).trim().split('\n') : [];
}

it('lets a command that catches SIGHUP end its work when nobody reads its output any more', async () => {
  const notes = join(root, 'pipe');
  const environment = { ...process.env, CATCHES: 'yes', NOTES: notes };
  const writing = `"${process.execPath}" --import tsx -e "$WRITES" | head -c 1`;
  await promisify(execFile)('bash', ['-c', writing], { env: { ...environment, WRITES } });
  expect(new Set((await readFile(notes, 'utf8')).trim().split('\n'))).toEqual(new Set(['SIGHUP', 'done']));
});

it('ends as by SIGHUP when its terminal is closed', async () => {
  expect(await closed('ends', {})).toEqual([]);
});

it('lets a command that catches SIGHUP end its work when its terminal is closed', async () => {
  const notes = await closed('catches', { CATCHES: 'yes' });
  expect(new Set(notes)).toEqual(new Set(['SIGHUP', 'done']));
});

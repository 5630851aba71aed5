import { closeSync, openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scratchFolder } from '../../../engines/scratch';
import { endOf, startDaybreak } from '../run-daybreak';

const root = scratchFolder();

it('clears the line of its progress on a terminal before the summary', async () => {
  const preload = join(root, 'preload.cjs');
  await writeFile(preload, 'process.stderr.isTTY = true;');
  // A terminal shows both streams.
  const screen = openSync(join(root, 'screen'), 'w');
  const args = ['feed', '--pipeline', 'events', '--no-kafka', '--rate', '50', '--for', '1', '--output'];
  const environment = { NODE_OPTIONS: `--require ${preload}`, TERM: 'xterm', DAYBREAK_DATA: root };
  const child = startDaybreak([...args, join(root, 'files')], environment, ['ignore', screen, screen]);
  expect(await endOf(child)).toMatchObject({ code: 0 });
  closeSync(screen);
  const shown = await readFile(join(root, 'screen'), 'utf8');
  expect(shown).toMatch(/^\r\u001b\[Kfed \d+ events/);
  expect(shown).toMatch(/\r\u001b\[KFed \d+ events[^\r]*$/);
});

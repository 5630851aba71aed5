import { spawnSync } from 'node:child_process';
import { lstat, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DAY, event, lines, scratchFolder, writeFiles } from './scratch';

const ROOT = resolve(__dirname, '../..');
const root = scratchFolder();

/** The modes of everything below a folder that the command made. Links have no modes and are left out. */
async function modesOf(folder: string): Promise<Record<string, string>> {
  const modes: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const mode = ((await lstat(path)).mode & 0o7777).toString(8);
    modes[path.slice(folder.length)] = `${entry.isDirectory() ? 'folder' : 'file'} ${mode}`;
  }
  return modes;
}

it.each(['0', '022', '077'])('a build under umask %s is for its user and group alone', async (umask) => {
  const [input, output] = [join(root, umask, 'input'), join(root, umask, 'output')];
  await writeFiles(input, {
    'names.20261121.07.json': lines(event(1), 'bad'),
    'names.20261121.08.json': lines(event(2)),
  });
  const options = ['--pipeline', join(ROOT, 'pipelines/events'), '--date', DAY, '--input', input, '--output', output];
  const command = `umask ${umask}; exec "$0" "$@"`;
  const args = ['-c', command, process.execPath, join(ROOT, 'scripts/daybreak.mjs'), 'batch', 'build', ...options];
  const { status, stderr } = spawnSync('sh', args, { encoding: 'utf8' });
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  const modes = await modesOf(join(root, umask, 'output'));
  const files = Object.keys(modes).filter((path) => modes[path]?.startsWith('file'));
  // The check is worth something only if rows, bad records and the manifest exist.
  for (const part of ['.ndjson', '_manifest.json', 'quarantine']) {
    expect(files.filter((path) => path.includes(part)).length).toBeGreaterThan(0);
  }
  expect(new Set(Object.values(modes))).toEqual(new Set(['file 640', 'folder 750']));
  expect(((await lstat(output)).mode & 0o777).toString(8)).toBe('750');
});

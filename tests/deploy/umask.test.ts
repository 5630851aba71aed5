import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

it('the command of the page lets the containers read what they mount and what their images are built from', () => {
  const [, command = 'exit 9'] = /```\n(chmod -R go\+rX .*)\n```/.exec(readFileSync('docs/deploying.md', 'utf8')) ?? [];
  const needed = readFileSync('.dockerignore', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  const folder = mkdtempSync(join(tmpdir(), 'daybreak-umask-'));
  try {
    for (const name of [...needed, 'deploy']) cpSync(name, join(folder, name), { recursive: true });
    execFileSync('chmod', ['-R', 'go-rwx', folder]);
    execFileSync('sh', ['-c', command], { cwd: folder });
    const unreadable = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => {
      const entry = statSync(join(folder, name));
      const wanted = entry.isDirectory() ? 0o055 : 0o044;
      return (entry.mode & wanted) !== wanted;
    });
    expect(unreadable).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

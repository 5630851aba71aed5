import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Kills a process and all its descendants. They are found by their parents. They have no process group of their own,
 * because such a group would survive the Ctrl-C that ends the tests.
 */
export async function killTree(root: number): Promise<void> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']);
  const all = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const tree = new Set([root]);
  for (let before = 0; tree.size > before;) {
    before = tree.size;
    for (const [pid, parent] of all) if (tree.has(parent)) tree.add(pid);
  }
  // Parents first, so that they start no others meanwhile.
  for (const pid of tree) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}

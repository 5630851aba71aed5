// node --import tsx bench/start/index.ts [runs, default 20]: how long commands of the package take to start. It packs this
// tree, which replaces dist/. Ends with 0 only if each median is within the goal.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { print } from '../../scripts/output/print';
import { table } from '../../scripts/output/table';

/** In a folder without pipelines `status` ends when its code is loaded, before it connects to anything. */
const COMMANDS = ['--version', '--help', 'pipeline check --help', 'batch rows --help', 'status'];
const GOAL_MS = 350;

function main(runs: number): void {
  const folder = mkdtempSync(join(tmpdir(), 'daybreak-start-'));
  try {
    const program = packed(folder);
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    const env = { ...process.env, DAYBREAK_CACHE: join(folder, 'cache'), DAYBREAK_PIPELINES: join(empty, 'none') };
    const rows = COMMANDS.map((command) => {
      const start = (): number => {
        const began = performance.now();
        spawnSync(process.execPath, [program, ...command.split(' ')], { cwd: empty, env });
        return performance.now() - began;
      };
      start(); // The first one reads the files from the disk.
      const median = Array.from({ length: runs }, start).sort((one, other) => one - other)[Math.floor(runs / 2)] ?? 0;
      if (median > GOAL_MS) process.exitCode = 1;
      return [command, median.toFixed(0), String(GOAL_MS), median <= GOAL_MS ? 'met' : 'MISSED'];
    });
    print(`${runs} runs each, with Node ${process.version}`);
    print(table([['command', 'median ms', 'at most', 'goal'], ...rows]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The program of a package that is packed and unpacked, beside the packages of this tree. */
function packed(folder: string): string {
  execFileSync('npm', ['pack', '--pack-destination', folder], { stdio: 'ignore' });
  const [archive = ''] = readdirSync(folder);
  execFileSync('tar', ['--extract', '--file', join(folder, archive), '--directory', folder]);
  symlinkSync(resolve('node_modules'), join(folder, 'package/node_modules'));
  return join(folder, 'package/scripts/daybreak.mjs');
}

const [runs = 20] = process.argv.slice(2).map(Number);
main(runs);

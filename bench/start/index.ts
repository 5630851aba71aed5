// node --import tsx bench/start/index.ts [runs, default 20]: how long commands of the package take to start. It packs this
// tree, which replaces dist/. Ends with 0 only if each median is within the goal.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { print } from '../../scripts/output/print';
import { table } from '../../scripts/output/table';

/** In a folder without pipelines `status` ends when its code is loaded, before it connects to anything. */
const COMMANDS = ['--version', '--help', 'pipeline check --help', 'batch rows --help', 'status'];
/** With a pipeline it checks that first. Its own work ends where it waits for a server. */
const UNTIL_A_SERVER = 'status';
const GOAL_MS = 350;

async function main(runs: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'daybreak-start-'));
  try {
    const program = packed(folder);
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    const env = { ...process.env, DAYBREAK_CACHE: join(folder, 'cache') };
    const rows = [];
    for (const command of COMMANDS) {
      const alone = { ...env, DAYBREAK_PIPELINES: join(empty, 'none') };
      const start = (): Promise<number> => {
        const began = performance.now();
        spawnSync(process.execPath, [program, ...command.split(' ')], { cwd: empty, env: alone });
        return Promise.resolve(performance.now() - began);
      };
      rows.push(rowOf(command, await medianOf(runs, start)));
    }
    const repository = join(folder, 'repository');
    spawnSync(process.execPath, [program, 'init', repository], { env });
    const start = (): Promise<number> => untilItConnects(program, UNTIL_A_SERVER, { cwd: repository, env });
    rows.push(rowOf(`${UNTIL_A_SERVER}, of a pipeline, until it connects`, await medianOf(runs, start)));
    print(`${runs} runs each, with Node ${process.version}`);
    print(table([['command', 'median ms', 'at most', 'goal'], ...rows]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function medianOf(runs: number, start: () => Promise<number>): Promise<number> {
  await start(); // The first one reads the files from the disk.
  const times = [];
  for (let run = 0; run < runs; run += 1) times.push(await start());
  return times.sort((one, other) => one - other)[Math.floor(runs / 2)] ?? 0;
}

function rowOf(command: string, median: number): string[] {
  if (median > GOAL_MS) process.exitCode = 1;
  return [command, median.toFixed(0), String(GOAL_MS), median <= GOAL_MS ? 'met' : 'MISSED'];
}

/** Milliseconds until the command opens its first connection. What a server takes to answer is not its own time. */
async function untilItConnects(
  program: string,
  command: string,
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<number> {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const host = `127.0.0.1:${port}`;
  const servers = { TEMPORAL_ADDRESS: host, KAFKA_BROKERS: host };
  const druid = { DRUID_COORDINATOR_URL: `http://${host}`, DRUID_BROKER_URL: `http://${host}` };
  const began = performance.now();
  const child = spawn(process.execPath, [program, command], {
    cwd: options.cwd,
    env: { ...options.env, ...servers, ...druid },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  await Promise.race([once(server, 'connection'), ended.then(() => Promise.reject(new Error(`${command} asks none`)))]);
  const took = performance.now() - began;
  child.kill('SIGKILL');
  await ended;
  server.close();
  return took;
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
void main(runs);

// node --import tsx bench/torture/index.ts [seed, default 1] [rounds, default 10] [first, default 1]: rounds of faults over two
// pipelines with both layers, on real servers of its own (see withServers). The seed repeats the schedule, from its round
// `first` on. Each round is appended to .daybreak/torture/rounds.ndjson, and page.ts takes it into the record of all runs. Ends
// with 0 only if every invariant held after every round. Linux only.
import { execFile } from 'node:child_process';
import { appendFile, cp, mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { businessDateOf, shiftDate, type BusinessDate } from '../../domain/business-date';
import { DaybreakError, messageOf } from '../../domain/errors';
import { progress } from '../../scripts/output/print';
import { stackOf } from '../../scripts/stack/stack';
import { succeed } from '../../tests/integration/support/daybreak';
import { ownPipeline } from '../../tests/integration/support/own-pipeline';
import { withServers, type Servers } from '../servers';
import { Link } from './link';
import { Load, ZONE } from './load';
import { ROUNDS_FILE, type Run, type StoredRound } from './record';
import { runRound, type RoundResult, type Scene } from './round';
import { nameOf, schedule, type Round } from './schedule';
import { WorkerProcess } from './worker-process';

const SETTLED = (yaml: string): string => yaml.replace(/settleSeconds: \d+/, 'settleSeconds: 1');

async function main(seed: number, rounds: number, first: number): Promise<void> {
  if (process.env['DAYBREAK_BENCH_STACK'] !== undefined) {
    throw new DaybreakError('BAD_CONFIGURATION', {
      what: 'DAYBREAK_BENCH_STACK is set, and this bench kills the servers that it uses',
      remedy: 'Unset DAYBREAK_BENCH_STACK: the bench starts servers of its own.',
    });
  }
  const nothing = (): Promise<void> => Promise.resolve();
  const run: Run = { at: new Date().toISOString(), commit: await commit(), seed };
  await withServers(SETTLED, nothing, async (servers) => {
    const scene = await prepare(servers, rounds);
    try {
      for (const [index, round] of schedule(seed, first + rounds - 1)
        .slice(first - 1)
        .entries()) {
        servers.session.signal.throwIfAborted();
        scene.tell(`round ${round.number}: ${round.faults.map(nameOf).join(', ')}`);
        const night = shiftDate(businessDateOf(new Date(), ZONE), index - rounds);
        await store({ ...run, ...(await outcome(scene, round, night)) });
      }
    } catch (thrown) {
      scene.tell(messageOf(thrown));
      process.exitCode = 1;
    } finally {
      if (process.exitCode === 1) await keepLogs(scene, resolve('.daybreak/torture', `seed-${seed}`));
      for (const load of scene.loads) await load.close();
      await scene.worker.stop();
      for (const link of Object.values(scene.links)) link.close();
    }
  });
}

/** Starts both layers of both pipelines. Each has an old day, which the batch serves. */
async function prepare({ config, session, pipeline, logs }: Servers, rounds: number): Promise<Scene> {
  const portBase = Number(session.environment['DAYBREAK_PORT_BASE']);
  const stack = stackOf({ portBase, directory: session.environment['DAYBREAK_STACK'] });
  const links = {
    temporal: await Link.open(stack.ports.temporal),
    'druid-coordinator': await Link.open(stack.ports.druidCoordinator),
    'druid-broker': await Link.open(stack.ports.druidBroker),
  };
  const environment = {
    ...session.environment,
    TEMPORAL_ADDRESS: `127.0.0.1:${links.temporal.port}`,
    DRUID_COORDINATOR_URL: `http://127.0.0.1:${links['druid-coordinator'].port}`,
    DRUID_BROKER_URL: `http://127.0.0.1:${links['druid-broker'].port}`,
  };
  const program = resolve(__dirname, '../../scripts/daybreak.mjs');
  const worker = new WorkerProcess(program, environment, logs);
  worker.start();
  await worker.untilReady();
  const oldest = shiftDate(businessDateOf(new Date(), ZONE), -rounds - 2);
  const begin = async (of: typeof pipeline): Promise<Load> => {
    await succeed(`speed start --pipeline ${of.name}`, environment);
    const load = await Load.connect(of, config.kafka.brokers, logs);
    await load.writeDay(oldest, 0, 'files');
    await succeed(`batch run --pipeline ${of.name} --date ${oldest}`, environment);
    return load;
  };
  const other = await ownPipeline(SETTLED, 'events', pipeline);
  const loads = await Promise.all([begin(pipeline), begin(other)]);
  const began = performance.now();
  return {
    config,
    portBase,
    stack,
    environment,
    worker,
    links,
    loads,
    days: new Map<Load, BusinessDate[]>(loads.map((load) => [load, [oldest]])),
    use: [await worker.use()],
    logs,
    tell: (text) => {
      progress(`${Math.round((performance.now() - began) / 1_000)} s: ${text}`);
    },
  };
}

/** Throws if an invariant does not hold, or if the round does not recover. */
async function outcome(scene: Scene, round: Round, night: BusinessDate): Promise<RoundResult> {
  const result = await runRound(scene, round, night);
  for (const { invariant, pipeline, what } of result.broken) scene.tell(`BROKEN ${invariant} ${pipeline}: ${what}`);
  scene.tell(`round ${round.number} took ${result.seconds.toFixed(0)} s, and ${result.broken.length} invariants broke`);
  if (result.broken.length > 0) process.exitCode = 1;
  return result;
}

/** The folders of the run are removed at its end. Of the stack, only the servers' logs are kept. */
async function keepLogs({ logs, tell }: Scene, kept: string): Promise<void> {
  const isKept = (path: string): boolean => !/\/stack\/(?!log)/.test(path);
  await cp(logs, kept, { recursive: true, filter: isKept });
  tell(`the logs are in ${kept}`);
}

async function store(round: StoredRound): Promise<void> {
  await mkdir(resolve(ROUNDS_FILE, '..'), { recursive: true });
  await appendFile(ROUNDS_FILE, `${JSON.stringify(round)}\n`);
}

/** Of the sources that run, with a mark if they were changed since. */
async function commit(): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['describe', '--always', '--dirty', '--abbrev=10']);
  return stdout.trim();
}

const [seed = 1, rounds = 10, first = 1] = process.argv.slice(2).map(Number);
void main(seed, rounds, first);

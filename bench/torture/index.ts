// node --import tsx bench/torture/index.ts [seed, default 1] [rounds, default 10] [first, default 1]: rounds of faults over two
// pipelines with both layers, on real servers of its own (see withServers). The seed repeats the schedule, from its round
// `first` on. Each round is appended to .daybreak/torture/rounds.ndjson, and page.ts takes it into the record of all runs. Ends
// after a round in which an invariant broke, since later rounds would find the same again, and with 0 only if none broke.
// Linux only.
import { appendFile, cp, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { businessDateOf, shiftDate, type BusinessDate } from '../../domain/business-date';
import { DaybreakError, messageOf } from '../../domain/errors';
import { progress } from '../../scripts/output/print';
import { BUCKET, s3Variables } from '../../scripts/stack';
import { stackOf, type Stack } from '../../scripts/stack/stack';
import { succeed } from '../../tests/integration/support/daybreak';
import { ownPipeline } from '../../tests/integration/support/own-pipeline';
import { commit } from '../commit';
import { withServers, type Servers } from '../servers';
import { Clock } from './clock';
import { giveClock } from './faults';
import { Link } from './link';
import { Load, ZONE } from './load';
import { ROUNDS_FILE, type Run, type StoredRound } from './record';
import { runRound, type RoundResult, type Scene } from './round';
import { nameOf, schedule, type Clocked, type Disk, type Round } from './schedule';
import { S3Gate } from './s3-gate';
import { SmallDisk } from './small-disk';
import { WorkerProcess } from './worker-process';

const SETTLED = (yaml: string): string => yaml.replace(/settleSeconds: \d+/, 'settleSeconds: 1');

async function main(seed: number, rounds: number, first: number): Promise<void> {
  if (process.env['DAYBREAK_BENCH_STACK'] !== undefined) {
    throw new DaybreakError('BAD_CONFIGURATION', {
      what: 'DAYBREAK_BENCH_STACK is set, and this bench kills the servers that it uses',
      remedy: 'Unset DAYBREAK_BENCH_STACK: the bench starts servers of its own.',
    });
  }
  const plan = schedule(seed, first + rounds - 1).slice(first - 1);
  const run: Run = { at: new Date().toISOString(), commit: await commit(), seed };
  const before = (servers: Servers): Promise<Ground> => prepareGround(plan, servers);
  await withServers(SETTLED, before, async (servers, ground) => {
    const scene = await prepare(servers, plan, ground);
    try {
      for (const [index, round] of plan.entries()) {
        servers.session.signal.throwIfAborted();
        scene.tell(`round ${round.number}: ${round.faults.map(nameOf).join(', ')}`);
        const night = shiftDate(businessDateOf(new Date(), ZONE), index - rounds);
        const result = await outcome(scene, round, night);
        await store({ ...run, ...result });
        if (result.broken.length > 0) break;
      }
    } catch (thrown) {
      scene.tell(messageOf(thrown));
      process.exitCode = 1;
    } finally {
      if (process.exitCode === 1) await keepLogs(scene, resolve('.daybreak/torture', `seed-${seed}`));
      for (const load of scene.loads) await load.close();
      await scene.worker.stop();
      for (const link of Object.values(scene.links)) link.close();
      await scene.s3?.close();
    }
  });
}

/** What must be there before the servers start. */
interface Ground {
  readonly disks: ReadonlyMap<Disk, SmallDisk>;
  /** Kafka names its address to its clients. */
  readonly kafka: Link;
  readonly s3: S3Gate | undefined;
}

async function prepareGround(plan: readonly Round[], servers: Servers): Promise<Ground> {
  const { directory, ports } = stackOf(servers.stack);
  const folders: Readonly<Record<Disk, string>> = {
    output: servers.config.data,
    kafka: `${directory}/kafka/data`,
    'segment-cache': `${directory}/druid/historical/var`,
    tasks: `${directory}/druid/indexer/var`,
    segments: `${directory}/druid/segments`,
  };
  const disks = new Map<Disk, SmallDisk>();
  for (const fault of plan.flatMap(({ faults }) => faults)) {
    if (fault.kind !== 'full' || disks.has(fault.disk)) continue;
    const disk = await SmallDisk.mount(folders[fault.disk]);
    disks.set(fault.disk, disk);
    servers.atEnd.push(() => disk.unmount());
  }
  const kafka = await Link.open(ports.kafka);
  servers.stack.kafkaProxyPort = kafka.port;
  if (!plan.some(({ faults }) => faults.some(({ kind }) => kind === 's3'))) return { disks, kafka, s3: undefined };
  servers.stack.storage = 's3';
  return { disks, kafka, s3: await S3Gate.open(ports.s3) };
}

/** The clocks that jump in the rounds. Druid's coordinator is started again with its own. */
async function openClocks(plan: readonly Round[], stack: Stack, logs: string): Promise<Map<Clocked, Clock>> {
  const clocks = new Map<Clocked, Clock>();
  for (const fault of plan.flatMap(({ faults }) => faults)) {
    if (fault.kind !== 'jump' || clocks.has(fault.target)) continue;
    const clock = await Clock.open(join(logs, `clock-${fault.target}`));
    clocks.set(fault.target, clock);
    if (fault.target !== 'worker') await giveClock(stack, fault.target, clock);
  }
  return clocks;
}

/** Starts both layers of both pipelines. Each has an old day, which the batch serves. */
async function prepare(servers: Servers, plan: readonly Round[], { disks, kafka, s3 }: Ground): Promise<Scene> {
  const { config, session, pipeline, logs } = servers;
  const stack = stackOf(servers.stack);
  const clocks = await openClocks(plan, stack, logs);
  const links = {
    kafka,
    temporal: await Link.open(stack.ports.temporal),
    'druid-coordinator': await Link.open(stack.ports.druidCoordinator),
    'druid-broker': await Link.open(stack.ports.druidBroker),
  };
  const environment = {
    ...session.environment,
    ...(s3 !== undefined && { ...s3Variables(stack), AWS_ENDPOINT_URL_S3: s3.url }),
    KAFKA_BROKERS: `127.0.0.1:${kafka.port}`,
    TEMPORAL_ADDRESS: `127.0.0.1:${links.temporal.port}`,
    DRUID_COORDINATOR_URL: `http://127.0.0.1:${links['druid-coordinator'].port}`,
    DRUID_BROKER_URL: `http://127.0.0.1:${links['druid-broker'].port}`,
  };
  const program = resolve(__dirname, '../../scripts/daybreak.mjs');
  const worker = new WorkerProcess(program, { ...environment, ...clocks.get('worker')?.environment }, logs);
  worker.start();
  await worker.untilReady();
  const oldest = shiftDate(businessDateOf(new Date(), ZONE), -plan.length - 2);
  const begin = async (of: typeof pipeline): Promise<Load> => {
    // The files that come are on another disk.
    if (disks.has('output')) await SmallDisk.bind(join(logs, `input-${of.name}`), of.input);
    await succeed(`speed start --pipeline ${of.name}`, environment);
    const load = await Load.connect(of, config.kafka.brokers, logs);
    await load.writeDay(oldest, 0, 'files');
    await succeed(`batch run --pipeline ${of.name} --date ${oldest}`, environment);
    return load;
  };
  const inS3 = s3 === undefined ? '' : `\noutput:\n  location: s3://${BUCKET}/published\n`;
  const other = await ownPipeline((yaml) => SETTLED(yaml) + inS3, 'events', pipeline);
  const loads = await Promise.all([begin(pipeline), begin(other)]);
  const began = performance.now();
  return {
    config,
    options: servers.stack,
    stack,
    environment,
    worker,
    links,
    s3,
    disks,
    clocks,
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

const [seed = 1, rounds = 10, first = 1] = process.argv.slice(2).map(Number);
void main(seed, rounds, first);

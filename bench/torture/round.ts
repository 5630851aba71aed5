import { setTimeout as sleep } from 'node:timers/promises';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BusinessDate } from '../../domain/business-date';
import { sqlName } from '../../domain/druid/quoting';
import { startStack, type StartOptions } from '../../scripts/stack';
import { daybreak } from '../../tests/integration/support/daybreak';
import { until } from '../../tests/integration/support/until';
import type { Config } from '../../worker/config';
import { begin, type Subjects } from './faults';
import { checkInvariants, type Checked } from './invariants';
import type { Load } from './load';
import { nameOf, type Fault, type Round } from './schedule';
import { askDruid, watchMarks } from './watch';
import type { EndedCommand } from './worker-process';

/** What all rounds of a run share. */
export interface Scene extends Omit<Subjects, 'edited'> {
  readonly config: Config;
  /** By which the servers were started. */
  readonly options: StartOptions;
  /** Of commands: they reach the servers over the links, as the worker does. */
  readonly environment: Readonly<Record<string, string>>;
  readonly loads: readonly [Load, Load];
  /** Each pipeline's days that batch serves at the end of the round, earliest first. */
  readonly days: ReadonlyMap<Load, BusinessDate[]>;
  /** Of the worker, before the first round and after each. */
  readonly use: { readonly mebibytes: number; readonly handles: number }[];
  /** A folder for logs and dumps. */
  readonly logs: string;
  readonly tell: (text: string) => void;
}

export interface RoundResult extends Checked {
  readonly round: number;
  readonly faults: readonly string[];
  /** From the end of the last fault until Druid serves the next events of each pipeline. */
  readonly realtimeSeconds: number;
  /** From the end of the last fault until the round's days are proven. */
  readonly batchSeconds: number;
  /** Commands that failed while the faults lasted, by their codes; those without one by their names. */
  readonly failures: readonly string[];
  readonly seconds: number;
}

/** What a person types while a fault lasts, one of them at each fault. It may go on after the fault's end. */
const LOOKS = ['status', 'speed status'] as const;

/** Runs a round: load, faults, recovery, and the check of every invariant. Throws if it does not recover. */
export async function runRound(scene: Scene, round: Round, night: BusinessDate): Promise<RoundResult> {
  const { config, loads, worker, tell } = scene;
  const began = performance.now();
  const folder = join(scene.logs, `round-${round.number}`);
  await mkdir(folder);
  // One pipeline has its night, and the other one a backfill of late data. In the next round it is the other way round.
  const [first, second] = loads;
  const [nightly, late] = round.number % 2 === 1 ? [first, second] : [second, first];
  const [oldest, latest] = bounds(scene, late);

  for (const load of loads) load.start();
  const samples = join(folder, 'samples.ndjson');
  await writeFile(samples, '');
  const watching = new AbortController();
  const watched = watchMarks(
    config.druid.brokerUrl,
    loads.map(({ pipeline }) => pipeline),
    samples,
    watching.signal,
  );

  await nightly.writeDay(night, round.number, 'both');
  for (const date of oldDays(scene, late)) await late.writeLate(date, round.number + 1);
  scene.days.get(nightly)?.push(night);

  const commands = new Commands(scene);
  const wanted = {
    'batch run': `batch run --pipeline ${nightly.pipeline.name} --date ${night}`,
    backfill: `backfill --pipeline ${late.pipeline.name} --from ${oldest} --to ${latest} --only changed`,
    'speed start': `speed start --pipeline ${nightly.pipeline.name}`,
  };
  const started = [wanted['batch run'], wanted.backfill];
  for (const fault of round.faults) {
    if (fault.kind !== 'twice') continue;
    if (fault.command === 'speed start') started.push(wanted[fault.command]);
    started.push(wanted[fault.command]);
  }
  const running = started.map((command) => commands.run(command));

  const looks: Promise<unknown>[] = [];
  await Promise.all(
    round.faults.map((fault, index) =>
      underFault(scene, fault, nightly, () => {
        const look = LOOKS[(round.number + index) % LOOKS.length] ?? LOOKS[0];
        looks.push(commands.run(`${look} --pipeline ${nightly.pipeline.name}`));
      }),
    ),
  );
  const ended = performance.now();
  const since = (): number => (performance.now() - ended) / 1_000;
  await startStack(scene.options);
  await worker.untilReady();
  const [realtimeSeconds, batchSeconds] = await Promise.all([
    Promise.all(loads.map((load) => untilServed(config, load))).then(since),
    Promise.all(running)
      .then((outcomes) => commands.again(outcomes))
      .then(since),
  ]);
  tell(`realtime is well after ${realtimeSeconds.toFixed(1)} s, and the days are after ${batchSeconds.toFixed(1)} s`);
  await Promise.all(looks);
  // A pipeline that was edited meanwhile has built some days in its edited form.
  if (round.faults.some(({ kind }) => kind === 'edit' || kind === 'half-table')) {
    const [from, to] = bounds(scene, nightly);
    await commands.mustRun(`backfill --pipeline ${nightly.pipeline.name} --from ${from} --to ${to} --only changed`);
  }

  for (const load of loads) await load.stop();
  watching.abort();
  await watched;
  scene.use.push(await worker.use());
  const checked = await checkInvariants(
    config,
    {
      loads,
      sealedDays: scene.days,
      samples,
      commands: [...commands.ended, ...worker.takeExits()],
      worker: scene.use,
    },
    folder,
  );
  return {
    round: round.number,
    faults: round.faults.map(nameOf),
    realtimeSeconds,
    batchSeconds,
    failures: commands.ended.filter(({ code }) => code !== 0).map(failureOf),
    seconds: (performance.now() - began) / 1_000,
    ...checked,
  };
}

/** The code. `status` has none: it fails if a server is down, and shows which. */
const failureOf = ({ command, said }: EndedCommand): string =>
  /^[A-Z_]{3,}(?= )/m.exec(said)?.[0] ?? command.replace(/ --.*/, '');

/** Days that only batch has. Each round brings them late data. */
const oldDays = ({ days }: Scene, load: Load): readonly BusinessDate[] => (days.get(load) ?? []).slice(0, 1);

function bounds({ days }: Scene, load: Load): readonly [BusinessDate, BusinessDate] {
  const [first] = days.get(load) ?? [];
  const last = days.get(load)?.at(-1);
  if (first === undefined || last === undefined) throw new Error('each pipeline has an old day');
  return [first, last];
}

/** Begins and ends a fault. `look` is called in between. */
async function underFault(scene: Scene, fault: Fault, { pipeline: edited }: Load, look: () => void): Promise<void> {
  if (fault.kind === 'twice') return;
  await sleep(fault.at * 1_000);
  const end = await begin(fault, { ...scene, edited });
  scene.tell(`${nameOf(fault)}, for ${fault.seconds} s`);
  look();
  await sleep(fault.seconds * 1_000);
  await end();
}

/** Waits until Druid serves what the load sends from now on. */
async function untilServed({ druid }: Config, load: Load): Promise<void> {
  const ids = load.nextIds();
  // Not COUNT(DISTINCT …), which is an estimate in Druid.
  const query = `SELECT COUNT(*) FROM (SELECT user_id FROM ${sqlName(load.pipeline.topic)}
    WHERE hello = 'live' AND user_id IN (${ids.join()}) GROUP BY user_id)`;
  await until(`the next events of ${load.pipeline.name}`, async () => {
    const answer = await askDruid(druid.brokerUrl, query).catch(() => undefined);
    return JSON.stringify(answer) === JSON.stringify([[ids.length]]);
  });
}

/** The commands of a round, as a person types them, with what they said. */
class Commands {
  readonly ended: EndedCommand[] = [];
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  async run(command: string): Promise<EndedCommand> {
    const { code, stdout, stderr } = await daybreak(command, this.#scene.environment);
    const ended = { command, code, said: `${stdout}${stderr}` };
    this.ended.push(ended);
    if (code !== 0) this.#scene.tell(`${command} ended with ${code}: ${stderr.slice(-600)}`);
    return ended;
  }

  /** The same for a command that must succeed now. */
  async mustRun(command: string): Promise<void> {
    const { code, said } = await this.run(command);
    if (code !== 0) throw new Error(`daybreak ${command} ended with ${code} although no fault is left:\n${said}`);
  }

  /** Runs once more what failed while the faults lasted, as a person would. */
  async again(outcomes: readonly EndedCommand[]): Promise<void> {
    const failed = new Set(outcomes.filter(({ code }) => code !== 0).map(({ command }) => command));
    for (const command of failed) await this.mustRun(command);
  }
}

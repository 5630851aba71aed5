import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { pipInstalled } from '../../scripts/stack/fetch/pip-install';
import { findPython } from '../../scripts/stack/fetch/tools';
import type { Config } from '../../worker/config';
import { keysOf } from '../keys-of';
import type { Load } from './load';
import type { EndedCommand } from './worker-process';

/** What must hold after each round. check.py checks it, and docs/robustness.md has these sentences. */
export const INVARIANTS = {
  once: 'Each input is in the output topic exactly once, or in the dead letters exactly once.',
  mixture: 'No answer of Druid shows a day half from realtime and half from the batch, or from two builds.',
  sealed: 'Each sealed day is equal to an independent computation from its files, row by row.',
  today:
    'Nothing of today is lost: Kafka has each acknowledged event, and Druid has each row of the output topic once.',
  left: 'No run, task, lock or scratch file is left over.',
  named: 'Each failure that a person sees has a name and a remedy.',
  flat: 'The worker’s memory and file handles do not grow.',
} as const;
export type Invariant = keyof typeof INVARIANTS;

export interface Broken {
  readonly invariant: Invariant;
  /** Empty if it is not one pipeline's. */
  readonly pipeline: string;
  readonly what: string;
}

/** What a round hands to the checker. */
export interface RoundFacts {
  readonly loads: readonly Load[];
  readonly sealedDays: ReadonlyMap<Load, readonly string[]>;
  /** The file of `watchMarks`. */
  readonly samples: string;
  readonly commands: readonly EndedCommand[];
  /** Before the first round, and after each. */
  readonly worker: readonly { readonly mebibytes: number; readonly handles: number }[];
}

const run = promisify(execFile);
const REQUIREMENTS = join(__dirname, 'requirements.txt');
type Dumps = Readonly<Record<'events' | 'output' | 'letters', string>>;

/** How long what ends by itself may take: a segment's handoff, a task of the seal, a worker's last files. */
const PATIENCE_SECONDS = 120;

export interface Checked {
  readonly broken: readonly Broken[];
  /** How often Druid was asked for the marks, and how often it answered. */
  readonly asked: number;
  readonly answered: number;
}

const answerSchema = z.object({
  broken: z.array(z.object({ invariant: z.enum(keysOf(INVARIANTS)), pipeline: z.string(), what: z.string() })),
  counts: z.object({ asked: z.number(), answered: z.number() }),
});

/** Checks every invariant. The load must have stopped. Files go to `folder`. */
export async function checkInvariants(config: Config, facts: RoundFacts, folder: string): Promise<Checked> {
  const dumps = await dumpTopics(config.kafka.brokers, facts.loads, folder);
  const pipelines = facts.loads.map((load, index) => ({
    name: load.pipeline.name,
    folder: load.pipeline.folder,
    datasource: load.pipeline.topic,
    input: load.pipeline.input,
    data: join(config.data, load.pipeline.name),
    acknowledged: load.acknowledged,
    sealedDays: facts.sealedDays.get(load) ?? [],
    dumps: dumps[index],
  }));

  const file = join(folder, 'facts.json');
  await writeFile(
    file,
    JSON.stringify({
      pipelines,
      samples: facts.samples,
      commands: facts.commands,
      worker: facts.worker,
      brokerUrl: config.druid.brokerUrl,
      coordinatorUrl: config.druid.coordinatorUrl,
      temporalUrl: config.temporal.uiUrl,
      patienceSeconds: PATIENCE_SECONDS,
    }),
  );
  const { stdout } = await run(await findPython(), ['-B', join(__dirname, 'check.py'), file], { maxBuffer: 2 ** 28 });
  const { broken, counts } = answerSchema.parse(JSON.parse(stdout));
  return { broken, ...counts };
}

/** Writes what each topic has to a file. Returns the files, in the order of the loads. */
async function dumpTopics(brokers: readonly string[], loads: readonly Load[], folder: string): Promise<Dumps[]> {
  const python = await findPython();
  const { stdout } = await run(python, ['-c', 'import sysconfig; print(sysconfig.get_python_version())']);
  const hash = createHash('sha256')
    .update(await readFile(REQUIREMENTS))
    .digest('hex')
    .slice(0, 16);
  const PYTHONPATH = await pipInstalled(`torture-python-${stdout.trim()}-${hash}`, python, {
    what: 'librdkafka for Python',
    size: '5 MB',
    requirements: REQUIREMENTS,
  });
  const pipelines = loads.map(({ pipeline: { name, topic }, sent }) => {
    const file = (of: string): string => join(folder, `${name}-${of}.json`);
    return { topic, sent, files: { events: file('events'), output: file('output'), letters: file('letters') } };
  });
  const job = JSON.stringify({ brokers: brokers.join(), pipelines });
  await run(python, ['-B', join(__dirname, 'dump.py'), job], { env: { ...process.env, PYTHONPATH } });
  return pipelines.map(({ files }) => files);
}

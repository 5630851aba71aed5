import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { contentsOf } from '../../tests/integration/shard/topic-contents';
import type { Config } from '../../worker/config';
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

function keysOf<T extends object>(record: T): (keyof T)[] {
  return Object.keys(record) as (keyof T)[];
}

/** Checks every invariant. The load must have stopped. Files go to `folder`. */
export async function checkInvariants(config: Config, facts: RoundFacts, folder: string): Promise<Checked> {
  const pipelines = await Promise.all(
    facts.loads.map(async (load) => ({
      name: load.pipeline.name,
      folder: load.pipeline.folder,
      datasource: load.pipeline.topic,
      input: load.pipeline.input,
      data: join(config.data, load.pipeline.name),
      acknowledged: load.acknowledged,
      sealedDays: facts.sealedDays.get(load) ?? [],
      dumps: await dumpTopics(config.kafka.brokers, load, folder),
    })),
  );
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
  const { stdout } = await promisify(execFile)('python3', ['-B', join(__dirname, 'check.py'), file], {
    maxBuffer: 2 ** 28,
  });
  const { broken, counts } = answerSchema.parse(JSON.parse(stdout));
  return { broken, ...counts };
}

/** Writes what each topic has, by Kafka's own consumer, to a file. */
async function dumpTopics(
  brokers: readonly string[],
  { pipeline: { name, topic }, counts }: Load,
  folder: string,
): Promise<Record<'events' | 'output' | 'letters', string>> {
  const read = async (of: string, messages: ReturnType<typeof contentsOf>): Promise<readonly [string, number]> => {
    const file = join(folder, `${name}-${of}.json`);
    const found = await messages;
    await writeFile(file, JSON.stringify(found));
    return [file, found.length];
  };
  const [[events, sent], [letters, bad]] = await Promise.all([
    read('events', contentsOf(brokers, topic, counts.sent)),
    read('letters', contentsOf(brokers, `${topic}_dlq`, counts.bad)),
  ]);
  const [output] = await read('output', contentsOf(brokers, `${topic}_out`, sent - bad));
  return { events, output, letters };
}

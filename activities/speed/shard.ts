import { setTimeout as sleep } from 'node:timers/promises';
import { type KafkaLogger, type KafkaOptions, KafkaTopics } from '../../clients/kafka';
import { DaybreakError, messageOf, type ErrorCode } from '../../domain/errors';
import { deadLetterTopicOf, type Pipeline } from '../../domain/pipeline';
import {
  type KnownOffset,
  speedGroupOf,
  type SpeedShardInput,
  type SpeedShardProgress,
  type SpeedShardResult,
  transactionalIdOf,
} from '../../domain/speed-shard';
import type { WrongRows } from '../../domain/row-checks';
import { speedTopics } from '../../domain/speed-setup';
import type { Counts } from './committed-counts';
import { Semaphore } from '../../domain/semaphore';
import { limitsFor } from './limits';
import { PartitionRun, type PartitionTransform } from './partition-run';

export interface ShardOptions {
  readonly kafka: KafkaOptions;
  readonly pipeline: Pipeline;
  readonly input: SpeedShardInput;
  readonly transform: ShardTransform;
  readonly logger: KafkaLogger;
  /** What was committed before. Default: nothing is known. */
  readonly known?: readonly KnownOffset[];
  /** Called with what a partition has committed since the last call, for metrics; see PartitionRunOptions. */
  readonly onCommitted?: ((partition: number, counts: Counts, wrong: WrongRows) => void) | undefined;
}

/** A transform that may change between two micro-batches. */
export interface ShardTransform extends PartitionTransform {
  readonly version: string;
  /** See SpeedShardProgress. */
  readonly kept: string | undefined;
  /** Aborts if the shard must end so that the changed pipeline's setup can be prepared. */
  readonly setupChanged: AbortSignal;
}

/** How soon a new partition is noticed. */
const PARTITIONS_POLL_MS = 5_000;
/** How soon a partition that has failed is opened again. */
const FAILED_PAUSE_MS = 15_000;
/** Not of a partition: its owner is another one now, or the DuckDB that all of them share must be opened again. */
const OF_SHARD: readonly ErrorCode[] = ['SHARD_FENCED', 'ENGINE_FAILED'];

/** Runs the partitions of one share in parallel. */
export class Shard {
  readonly #options: ShardOptions;
  readonly #runs = new Map<number, PartitionRun>();
  readonly #transforming = new Semaphore(1);
  #isAssigned = false;

  constructor(options: ShardOptions) {
    this.#options = options;
  }

  get progress(): SpeedShardProgress {
    const { shard, shards } = this.#options.input;
    const { version, kept } = this.#options.transform;
    const partitions = [...this.#runs.values()].map(({ progress }) => progress);
    const known = this.#options.known?.filter(({ partition }) => !this.#runs.has(partition));
    return {
      ...{ shard, shards, version, topic: this.#options.pipeline.kafka.topic, partitions },
      ...(kept !== undefined && { kept }),
      ...(this.#isAssigned && { isAssigned: true }),
      ...(known !== undefined && known.length > 0 && { known }),
    };
  }

  /**
   * Runs until the time is over, the pipeline needs another setup or the signal aborts. In each case everything that
   * was begun is committed. A partition that fails is opened again after a while, and the others go on. If none goes on, or
   * the failure is not of a partition, throws after all have ended.
   */
  async run(signal: AbortSignal): Promise<SpeedShardResult> {
    const { kafka, pipeline, input, transform } = this.#options;
    const topics = await KafkaTopics.connect(kafka);
    const failure = new AbortController();
    const timeOver = AbortSignal.timeout(input.maximumSeconds * 1000);
    const end = AbortSignal.any([signal, timeOver, failure.signal, transform.setupChanged]);
    const running: Promise<void>[] = [];
    const start = (partition: number, partitions: number): void => {
      const run = this.#partitionRun(partition, Math.ceil(partitions / input.shards));
      this.#runs.set(partition, run);
      const ended = this.#keepRunning(run, end).catch((thrown: unknown) => {
        failure.abort(thrown);
      });
      running.push(ended);
    };
    try {
      await topics.ensure(speedTopics(pipeline));
      for (
        let partitions = await this.#partitions(topics);
        ;
        partitions = await this.#partitionsAfterAWhile(topics, end)
      ) {
        if (end.aborted) break;
        for (let partition = input.shard; partition < partitions; partition += input.shards) {
          if (!this.#runs.has(partition)) start(partition, partitions);
        }
        this.#isAssigned = true;
      }
    } catch (thrown) {
      failure.abort(thrown);
    } finally {
      await Promise.all(running);
      await topics.close();
    }
    failure.signal.throwIfAborted();
    const isChanged = transform.setupChanged.aborted;
    return { ...this.progress, ended: signal.aborted ? 'cancelled' : isChanged ? 'pipeline-changed' : 'time-over' };
  }

  async #keepRunning(run: PartitionRun, end: AbortSignal): Promise<void> {
    while (!end.aborted) {
      try {
        await run.run(end);
      } catch (thrown) {
        const isOfPartition = thrown instanceof DaybreakError && !OF_SHARD.includes(thrown.code);
        const goesOn = [...this.#runs.values()].some(({ standsStill }) => !standsStill);
        if (!isOfPartition || !goesOn) throw thrown;
        await sleep(FAILED_PAUSE_MS, undefined, { signal: end }).catch(() => undefined);
      }
    }
  }

  async #partitionsAfterAWhile(topics: KafkaTopics, end: AbortSignal): Promise<number> {
    await sleep(PARTITIONS_POLL_MS, undefined, { signal: end }).catch(() => undefined);
    if (end.aborted) return 0;
    try {
      return await this.#partitions(topics);
    } catch (thrown) {
      // What concerns the partitions as well, they notice themselves.
      if (!(thrown instanceof DaybreakError)) throw thrown;
      this.#options.logger.warn({ reason: messageOf(thrown) }, 'could not check for new partitions');
      return 0;
    }
  }

  #partitions(topics: KafkaTopics): Promise<number> {
    return topics.partitionsOf(this.#options.pipeline.kafka.topic);
  }

  #partitionRun(partition: number, share: number): PartitionRun {
    const { kafka, pipeline, transform, onCommitted } = this.#options;
    const { topic, outputTopic } = pipeline.kafka;
    const known = this.#options.known?.find((one) => one.partition === partition && one.topic === topic)?.offset;
    return new PartitionRun({
      kafka,
      topic,
      partition,
      outputTopic,
      deadLetterTopic: deadLetterTopicOf(pipeline),
      group: speedGroupOf(pipeline.name),
      transactionalId: transactionalIdOf(pipeline.name, topic, partition),
      transform: {
        run: (values) => this.#transforming.run(() => transform.run(values)),
        get maximumBytes() {
          return transform.maximumBytes;
        },
        get checks() {
          return transform.checks;
        },
      },
      limits: limitsFor(share),
      ...(known !== undefined && { known }),
      onCommitted: (counts, wrong) => {
        onCommitted?.(partition, counts, wrong);
      },
    });
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import {
  endOfRecords,
  hasNoLeader,
  isTooLarge,
  type KafkaOptions,
  type NewRecord,
  partOf,
  PartitionSession,
  type ProducerEpoch,
  type RecordSlice,
  recordSlices,
  resetCommand,
  UnreadableBatch,
} from '../../clients/kafka';
import type { DeadLetterCode } from '../../domain/dead-letter';
import { DaybreakError } from '../../domain/errors';
import { addWrongRows, type WrongRows } from '../../domain/row-checks';
import type { OffsetReset, PartitionProgress, RunChecks } from '../../domain/speed-shard';
import type { MicroBatchTransform } from '../../engines/model/micro-batch';
import { tooLarge } from '../../engines/input/framing/record-framing';
import {
  added,
  addedSince,
  type CommittedCounts,
  type Counts,
  countsIn,
  metadataOf,
  NOTHING,
} from './committed-counts';
import { deadLetterOf, MOST_LETTER_BYTES } from './dead-letter';
import { type IsolatedResult, runIsolated } from './isolated-transform';
import type { Limits } from './limits';
import { RateMeter } from './rate-meter';

export interface PartitionRunOptions {
  readonly kafka: KafkaOptions;
  readonly topic: string;
  readonly partition: number;
  readonly outputTopic: string;
  readonly deadLetterTopic: string;
  readonly group: string;
  readonly transactionalId: string;
  readonly transform: PartitionTransform;
  readonly limits: Limits;
  /**
   * An offset that a run before this one had committed. Default: none is known. Kafka may not know it for some time; see
   * PartitionSession.
   */
  readonly known?: number;
  /**
   * Called with what this run has committed since the last call. The first call has zero counts. What the checks find in
   * a commit whose answer is lost is not counted: only `counts` are stored with the offset.
   */
  readonly onCommitted?: ((counts: Counts, wrong: WrongRows) => void) | undefined;
}

/** May change between two micro-batches. */
export interface PartitionTransform extends Pick<MicroBatchTransform, 'run'> {
  /** `events.maximumBytes` of its pipeline. The transform does not get larger values. */
  readonly maximumBytes: number;
  /** The names of its pipeline's checks. */
  readonly checks: readonly string[];
}

/** What the broker refused as too large of an event that was alone in a slice. */
interface Refused {
  /** Whether it refused the row: the event then becomes a dead letter. */
  readonly isRow: boolean;
  /** How often it refused the dead letter. */
  readonly letters: number;
}
const NOT_REFUSED: Refused = { isRow: false, letters: 0 };

/** Consecutive records, and what became of them. */
interface TransformedPart {
  readonly part: RecordSlice;
  readonly result: IsolatedResult;
}

/** Failing events are searched for this long before what is found is committed. */
const ISOLATION_MS = 1_000;
/** A broker that restarts is back long before this. After it the run fails; see Shard. */
const OUTAGE_TOLERANCE_MS = 60_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
const TOO_LARGE = 'the broker refuses its row as too large';
/** The size limits of an event's dead letter, by how often the letter alone was refused as too large. */
const LETTER_BYTES = [MOST_LETTER_BYTES, 56_000, 3_500];
const RESET_MESSAGES: Readonly<Record<OffsetReset['reason'], string>> = {
  removed: 'Kafka removed records before they were read: the recomputes of their days have them',
  'topic-made-anew': 'the topic was made anew, and is read from its start',
};
/** Kafka has removed records of the topic, so that a layer may well have read it before. */
const FIRST_MESSAGE =
  'nothing is known to be committed, so a partition is read from its oldest event: if a speed layer has read it more than ' +
  'a week ago, its rows are there twice until their days are recomputed';
/** A partition with traffic gathers events for this long. An idle one answers at once. */
const BUSY = { maxWaitMs: 50, minBytes: 32_768 };
const IDLE = { maxWaitMs: 500, minBytes: 1 };

/** Reads one partition and commits the output: the output of each event exactly once and in order. */
export class PartitionRun {
  readonly #options: PartitionRunOptions;
  readonly #meter = new RateMeter(performance.now());
  /** By offset. */
  readonly #refused = new Map<number, Refused>();
  /** The refusal after which the next slice is smaller. */
  #narrowedAfter: unknown;
  #rowsOfASlice: number;
  #offset: number;
  #highWatermark = 0;
  #counts: CommittedCounts | undefined;
  #checks: RunChecks | undefined;
  #lastCommitAt: string | undefined;
  #reset: OffsetReset | undefined;
  #trouble: string | undefined;
  #standsStill = false;
  /** When it last had no trouble, or one that is no outage. */
  #healthyAt = performance.now();
  /** The last session. The next one, also of a later `run`, must not fence an owner that came between. */
  #previous: ProducerEpoch | undefined;
  /** Why micro-batches are small, if they are because events fail. */
  #slowness: string | undefined;

  constructor(options: PartitionRunOptions) {
    this.#options = options;
    this.#rowsOfASlice = options.limits.rows;
    this.#offset = options.known ?? 0;
  }

  get progress(): PartitionProgress {
    const trouble = this.#trouble ?? this.#slowness;
    return {
      partition: this.#options.partition,
      offset: this.#offset,
      highWatermark: this.#highWatermark,
      lag: Math.max(0, this.#highWatermark - this.#offset),
      eventsPerSecond: this.#meter.rate(performance.now()),
      ...(this.#counts ?? NOTHING),
      ...(this.#checks !== undefined && Object.keys(this.#checks.wrong).length > 0 && { checks: this.#checks }),
      ...(this.#lastCommitAt !== undefined && { lastCommitAt: this.#lastCommitAt }),
      ...(this.#reset && { reset: this.#reset }),
      ...(trouble !== undefined && { trouble }),
    };
  }

  /** Whether its trouble is no short outage: it may well last until somebody does what it says. */
  get standsStill(): boolean {
    return this.#standsStill;
  }

  /**
   * Runs until the signal aborts, then commits what it has begun and ends. It survives the restart of a broker, and waits
   * where the trouble is surely of this partition alone. Throws SHARD_FENCED if another owner took the partition over, and
   * any other error that lasts for a minute. After the latter it can be called again, and has no such minute until it
   * commits.
   */
  async run(signal: AbortSignal): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      let session: PartitionSession | undefined;
      try {
        session = await PartitionSession.open(
          this.#options.kafka,
          this.#sessionOptions(),
          this.#previous,
          (producer) => {
            this.#previous = producer;
            this.#offset = Math.max(this.#offset, producer.known ?? 0);
          },
        );
        await this.#consume(session, signal, () => {
          this.#healthyAt = performance.now();
          pause = FIRST_PAUSE_MS;
          if (this.#standsStill) this.#trouble = undefined;
          this.#standsStill = false;
        });
      } catch (thrown) {
        if (!(thrown instanceof DaybreakError) || thrown.code === 'SHARD_FENCED') throw thrown;
        // This needs no time limit: each refusal makes the next attempt smaller, down to the smallest.
        const isNarrowed = thrown === this.#narrowedAfter;
        const isPassing = thrown.retry && performance.now() - this.#healthyAt <= OUTAGE_TOLERANCE_MS;
        // No attempt heals it, and the other partitions of the shard go on.
        const isUnreadable = thrown instanceof UnreadableBatch;
        const isOwn = isUnreadable || thrown.code === 'OFFSET_MISSING' || hasNoLeader(thrown);
        const isOver = !isNarrowed && !isPassing && !isOwn;
        // Kafka has answered, so that no outage lasts.
        if (isOwn) this.#healthyAt = performance.now();
        if (isOwn || isOver) this.#standsStill = true;
        const trouble = isOwn || isOver ? `${thrown.what}. ${thrown.remedy}` : thrown.what;
        this.#setTrouble(isUnreadable ? `${trouble} ${this.#howToGoOn(thrown)}` : trouble);
        if (isOver) throw thrown;
        await sleep(isNarrowed ? FIRST_PAUSE_MS : pause, undefined, { signal }).catch(() => undefined);
        if (!isNarrowed) pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
      } finally {
        await session?.close();
      }
    }
  }

  /**
   * Reads until the signal aborts. Returns early if the offset has left the partition; the next session then resets it.
   */
  async #consume(session: PartitionSession, signal: AbortSignal, onWell: () => void): Promise<void> {
    await this.#begin(session);
    const { limits, transform } = this.#options;
    let [read, waiting] = [this.#offset, IDLE];
    let fetching = session.fetch({ offset: read, maxBytes: limits.fetchBytes, ...waiting });
    let committing = Promise.resolve();
    // The other promise is awaited first. A failure of this one is seen when it is awaited.
    const ignore = (): void => undefined;
    fetching.catch(ignore);
    while (!signal.aborted) {
      const fetched = await fetching;
      if (fetched === undefined) break;
      this.#highWatermark = fetched.highWatermark;
      const next = endOfRecords(fetched) ?? read;
      waiting = next > read ? BUSY : IDLE;
      fetching = session.fetch({ offset: next, maxBytes: limits.fetchBytes, ...waiting });
      fetching.catch(ignore);
      const sliceLimits = {
        rows: () => this.#rowsOfASlice,
        bytes: limits.bytes,
        valueBytes: () => transform.maximumBytes,
      };
      try {
        for await (const slice of recordSlices(fetched, sliceLimits)) {
          if (slice.values.length === 0) {
            await committing;
            this.#offset = slice.nextOffset; // Control records alone: nothing to commit.
          }
          for await (const { part, result } of this.#transformed(slice, signal)) {
            await committing;
            committing = this.#commit(session, part, result).then(onWell);
            committing.catch(ignore);
          }
          if (isAborted(signal)) break;
        }
      } catch (thrown) {
        // What stands before a batch that cannot be read is committed, so that the next session begins with that batch.
        if (thrown instanceof UnreadableBatch) await committing;
        throw thrown;
      }
      if (next === read) {
        // A failure of the last commit must not wait for the next event. An idle partition counts as healthy.
        await committing;
        onWell();
        if (this.#slowness !== undefined) this.#widen(limits.rows);
      }
      read = next;
    }
    await committing;
  }

  async #begin(session: PartitionSession): Promise<void> {
    const { offset, reset, metadata } = session.start;
    // Whatever was committed has a text.
    const isFirst = this.#offset === 0 && reset === undefined && metadata === undefined;
    this.#offset = offset;
    if (isFirst && offset > 0) this.#warn({ startedAt: offset }, FIRST_MESSAGE);
    if (reset !== undefined) {
      const reason = reset.committed < reset.low ? 'removed' : 'topic-made-anew';
      this.#reset = { reason, committed: reset.committed, startedAt: offset };
      this.#warn(this.#reset, RESET_MESSAGES[reason]);
    }
    // If the answer to a commit was lost, the counts show it.
    const counts = countsIn(metadata, new Date());
    const none = Object.fromEntries(this.#options.transform.checks.map((name) => [name, 0]));
    this.#options.onCommitted?.(this.#counts === undefined ? NOTHING : addedSince(counts, this.#counts), none);
    this.#counts = counts;
    this.#countWrong(none);
    // Kafka forgets the offset of a partition that is idle for a week, unless it is committed again.
    await session.commit(new Map(), offset, metadataOf(counts));
    if (this.#narrowedAfter === undefined && !this.#standsStill) this.#trouble = undefined;
  }

  /**
   * The results of a slice: of all its records at once, unless so many of them fail that it takes long to find them. Then
   * in parts, so that what is found is committed.
   */
  async *#transformed(slice: RecordSlice, signal: AbortSignal): AsyncGenerator<TransformedPart> {
    for (let start = 0; start < slice.values.length && !isAborted(signal);) {
      const tried = partOf(slice, start, start + this.#rowsOfASlice);
      const result = await this.#isolated(tried, signal);
      const end = start + result.events;
      if (result.events < tried.values.length && !isAborted(signal)) this.#slowDown(result);
      if (result.events > 0) yield { part: partOf(slice, start, end), result };
      start = end;
    }
  }

  /**
   * A value that is too large, or whose row is too large, is not transformed: it is passed as null and comes back among
   * the rejects.
   */
  async #isolated(slice: RecordSlice, signal: AbortSignal): Promise<IsolatedResult> {
    const { transform } = this.#options;
    const isLeftOut = (index: number): boolean =>
      slice.oversized.has(index) || this.#refused.get(slice.record(index).offset)?.isRow === true;
    const isAnyLeftOut = this.#refused.size > 0 || slice.oversized.size > 0;
    const values = isAnyLeftOut ? slice.values.map((value, index) => (isLeftOut(index) ? null : value)) : slice.values;
    return await runIsolated(transform, values, { signal, milliseconds: ISOLATION_MS });
  }

  async #commit(
    session: PartitionSession,
    slice: RecordSlice,
    { messages, rejects, wrong = {} }: IsolatedResult,
  ): Promise<void> {
    const { topic, partition, outputTopic, deadLetterTopic, transform } = this.#options;
    const origin = { topic, partition };
    const rows = messages.map(({ key, value }): NewRecord => ({ key: key === null ? null : Buffer.from(key), value }));
    const deadLetters = rejects.map(({ index, reason, code }) => {
      const record = slice.record(index);
      const { isRow, letters } = this.#refused.get(record.offset) ?? NOT_REFUSED;
      const ruledOut = record.value === null ? 'NULL_VALUE' : 'BAD_RECORD';
      const [its, why]: [DeadLetterCode, string] = isRow
        ? ['TOO_LARGE', TOO_LARGE]
        : slice.oversized.has(index)
          ? ['BAD_RECORD', tooLarge(transform.maximumBytes)]
          : [code ?? ruledOut, reason];
      return deadLetterOf(origin, record, its, why, LETTER_BYTES[letters]);
    });
    const writes = new Map([
      [outputTopic, rows],
      [deadLetterTopic, deadLetters],
    ]);
    const more = { events: slice.values.length, rows: rows.length, deadLetters: deadLetters.length };
    const counts = added(this.#counts ?? countsIn(undefined, new Date()), more);
    try {
      await session.commit(writes, slice.nextOffset, metadataOf(counts));
    } catch (thrown) {
      if (isTooLarge(thrown)) this.#narrow(slice, rows.length > 0, thrown);
      throw thrown;
    }
    this.#offset = slice.nextOffset;
    this.#highWatermark = Math.max(this.#highWatermark, slice.nextOffset);
    this.#lastCommitAt = new Date().toISOString();
    this.#meter.add(slice.values.length, performance.now());
    this.#counts = counts;
    this.#narrowedAfter = undefined;
    this.#trouble = undefined;
    this.#countWrong(wrong);
    this.#options.onCommitted?.(more, wrong);
    for (const offset of this.#refused.keys()) if (offset < slice.nextOffset) this.#refused.delete(offset);
    this.#widen(2 * this.#rowsOfASlice);
  }

  /** The next micro-batch is as large as what was found in the time. */
  #slowDown({ events, rejects }: IsolatedResult): void {
    this.#rowsOfASlice = events;
    const last = rejects.findLast(({ code }) => code !== undefined);
    const trouble = `transform.sql fails on so many events that this partition is slow. ${last?.reason ?? ''}`;
    if (this.#slowness === undefined) this.#warn({ reason: trouble }, 'a partition is slow');
    this.#slowness = trouble;
  }

  #widen(rows: number): void {
    const most = this.#options.limits.rows;
    this.#rowsOfASlice = Math.min(rows, most);
    if (rows >= most) this.#slowness = undefined;
  }

  /** The same trouble is logged once, however often it is met. */
  #setTrouble(trouble: string): void {
    if (trouble !== this.#trouble) this.#warn({ reason: trouble }, 'a partition stands still');
    this.#trouble = trouble;
  }

  /** A status shows these only as long as this run lasts. */
  #warn(attributes: object, message: string): void {
    const { kafka, topic, partition } = this.#options;
    kafka.logger?.warn({ topic, partition, ...attributes }, message);
  }

  #countWrong(wrong: WrongRows): void {
    const { since, wrong: before } = this.#checks ?? { since: new Date().toISOString(), wrong: {} };
    this.#checks = { since, wrong: addWrongRows(before, wrong) };
  }

  /**
   * Makes slices smaller until the event whose output is too large is found. An event alone in a slice becomes a dead
   * letter, which gets smaller at each refusal. Throws KAFKA_REFUSED if the smallest is refused too.
   */
  #narrow(slice: RecordSlice, hasRow: boolean, refusal: DaybreakError): void {
    const { topic, partition, deadLetterTopic } = this.#options;
    this.#rowsOfASlice = Math.max(1, Math.floor(slice.values.length / 2));
    this.#narrowedAfter = refusal;
    if (slice.values.length > 1) return;
    const { offset } = slice.record(0);
    const before = this.#refused.get(offset) ?? NOT_REFUSED;
    const refused = hasRow ? { isRow: true, letters: 0 } : { ...before, letters: before.letters + 1 };
    if (refused.letters >= LETTER_BYTES.length) {
      throw new DaybreakError('KAFKA_REFUSED', {
        what: `${deadLetterTopic} refuses even the smallest dead letter of ${topic}/${partition}/${offset}: ${refusal.what}`,
        remedy: `Raise max.message.bytes of ${deadLetterTopic} to 16384 or more.`,
        cause: refusal,
      });
    }
    this.#refused.set(offset, refused);
  }

  #howToGoOn({ end }: UnreadableBatch): string {
    const command = resetCommand({ ...this.#options, brokers: this.#options.kafka.brokers }, end);
    const how = `To go on behind it, pause the speed layer, and set the committed offset: ${command}`;
    if (end !== undefined) return how;
    return `${how} OFFSET is that of the next batch. The damaged header does not say it, but kafka-dump-log.sh shows it.`;
  }

  #sessionOptions() {
    const { topic, partition, group, transactionalId, outputTopic, deadLetterTopic } = this.#options;
    const outputs = [outputTopic, deadLetterTopic];
    // 0 says nothing: at the first start, nothing was committed.
    const known = this.#offset > 0 && { known: this.#offset };
    return { topic, partition, group, transactionalId, outputs, ...known };
  }
}

/** A call, because the compiler assumes that a property does not change across an await. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

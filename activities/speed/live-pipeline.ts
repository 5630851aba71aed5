import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { businessDateOf } from '../../domain/business-date';
import { messageOf } from '../../domain/errors';
import { tablesByDate, type Pipeline } from '../../domain/pipeline';
import { microBatchTransform } from '../../engines/duckdb/micro-batch';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import type { MicroBatchResult, MicroBatchTransform } from '../../engines/model/micro-batch';
import { isSamePipeline, pipelineVersion } from '../../engines/pipeline/pipeline-version';
import { acceptedPipeline, setupOf, type AcceptedPipeline, type PipelineFolders } from './accepted-pipelines';
import { FolderWatch } from './folder-watch';

const POLL_MS = 500;
/** A refused pipeline may pass later without a change of its own files: a conflicting pipeline may be corrected. */
const RETRY_MS = 15_000;

interface Running {
  readonly loaded: LoadedPipeline;
  readonly transform: MicroBatchTransform;
}

/**
 * A pipeline that follows the edits of its folder, and takes a version of a table by date when its day begins. A
 * changed pipeline that passes its checks is taken between two micro-batches. If it does not pass, the previous one
 * stays, and `kept` says why. If it needs other topics or another supervisor, it is not taken here: `setupChanged`
 * aborts, and the speed layer prepares them before its shards start again.
 */
export class LivePipeline {
  readonly #folders: PipelineFolders;
  readonly #watch: FolderWatch;
  readonly #closing = new AbortController();
  readonly #setupChanged = new AbortController();
  #running: Running;
  #next: Running | undefined;
  #kept: string | undefined;
  #triedAt: number;
  #isBusy = false;
  #polling: Promise<void> = Promise.resolve();

  private constructor(folders: PipelineFolders, running: Running, kept: string | undefined, watch: FolderWatch) {
    this.#folders = folders;
    this.#triedAt = now(folders);
    this.#running = running;
    this.#kept = kept;
    this.#watch = watch;
  }

  /** Throws like `acceptedPipeline`. */
  static async open(folders: PipelineFolders, name: string): Promise<LivePipeline> {
    const watch = new FolderWatch(join(folders.pipelines, name));
    await watch.hasChanged();
    const accepted = await acceptedPipeline(folders, name);
    const live = new LivePipeline(folders, running(accepted), accepted.kept, watch);
    live.#polling = live.#poll();
    return live;
  }

  get pipeline(): Pipeline {
    return this.#running.loaded.pipeline;
  }

  /** The limit of the running pipeline; see PartitionTransform. */
  get maximumBytes(): number {
    return this.pipeline.events.maximumBytes;
  }

  /** The names of the running pipeline's checks. */
  get checks(): readonly string[] {
    return this.pipeline.checks.map(({ name }) => name);
  }

  /** The setup of the running pipeline; see `setupOf`. */
  get setup(): string {
    return setupOf(this.#running.loaded);
  }

  /** The version of the running pipeline; see `pipelineVersion`. */
  get version(): string {
    return pipelineVersion(this.#running.loaded.hashes);
  }

  /** Set while the folder holds a changed pipeline that is not taken: the reason, and what to do. */
  get kept(): string | undefined {
    return this.#kept;
  }

  get setupChanged(): AbortSignal {
    return this.#setupChanged.signal;
  }

  /** Only one call at a time. */
  async run(values: readonly (Buffer | null)[]): Promise<MicroBatchResult> {
    this.#isBusy = true;
    try {
      return await this.#running.transform.run(values);
    } finally {
      this.#isBusy = false;
      this.#switchToNext();
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#polling;
    this.#next?.transform.close();
    this.#running.transform.close();
  }

  async #poll(): Promise<void> {
    const { signal } = this.#closing;
    const { logger } = this.#folders;
    while (!isAborted(signal)) {
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
      if (isAborted(signal)) return;
      const isDue = this.#kept !== undefined && now(this.#folders) - this.#triedAt >= RETRY_MS;
      if (!(await this.#watch.hasChanged()) && !isDue && !this.#isOtherDay()) continue;
      const before = this.#kept;
      this.#kept = await this.#take().catch(messageOf);
      if (this.#kept === undefined || this.#kept === before) continue;
      logger.warn({ ...this.#names, reason: this.#kept }, 'kept the pipeline as it was before its folder changed');
    }
  }

  /** Whether a table by date may have another version now, which lies in the folder already. */
  #isOtherDay(): boolean {
    const dayOf = (time: number): string => businessDateOf(new Date(time), this.pipeline.timeZone);
    return tablesByDate(this.pipeline).length > 0 && dayOf(now(this.#folders)) !== dayOf(this.#triedAt);
  }

  /** Takes what the folder holds now. Returns the reason if that is not possible. */
  async #take(): Promise<string | undefined> {
    this.#triedAt = now(this.#folders);
    const accepted = await acceptedPipeline(this.#folders, this.pipeline.name);
    const { loaded, kept } = accepted;
    const latest = (this.#next ?? this.#running).loaded;
    const isOther = setupOf(loaded) !== this.setup;
    if (isOther || isSamePipeline(loaded, latest)) accepted.database.close();
    if (isSamePipeline(loaded, latest)) return kept;
    if (isOther) {
      this.#folders.logger.info(this.#names, 'the changed pipeline needs other topics or another supervisor');
      this.#setupChanged.abort();
      return kept;
    }
    this.#next?.transform.close();
    this.#next = running(accepted);
    if (!this.#isBusy) this.#switchToNext();
    return kept;
  }

  #switchToNext(): void {
    if (this.#next === undefined) return;
    this.#running.transform.close();
    this.#running = this.#next;
    this.#next = undefined;
    this.#folders.logger.info(this.#names, 'took the changed pipeline');
  }

  get #names(): { readonly pipeline: string; readonly version: string } {
    return { pipeline: this.pipeline.name, version: this.version };
  }
}

function running({ loaded, database }: AcceptedPipeline): Running {
  return { loaded, transform: microBatchTransform(loaded, database) };
}

/** In milliseconds since 1970. */
function now({ now: clock }: PipelineFolders): number {
  return clock?.().getTime() ?? Date.now();
}

/** A call, because the compiler assumes that a property does not change across an await. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

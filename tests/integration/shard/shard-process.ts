import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { SpeedShardInput, SpeedShardProgress, SpeedShardResult } from '../../../domain/speed-shard';

export interface ShardOrder {
  readonly brokers: readonly string[];
  readonly pipelines: string;
  readonly input: SpeedShardInput;
}

export type ShardMessage =
  | { readonly kind: 'loaded' }
  | {
      readonly kind: 'progress';
      readonly progress: SpeedShardProgress;
      readonly committed: number;
      readonly peakMebibytes: number;
    }
  | { readonly kind: 'ended'; readonly result: SpeedShardResult }
  | { readonly kind: 'failed'; readonly code: string };

/** A shard in a process of its own. */
export class ShardProcess {
  progress: SpeedShardProgress | undefined;
  /** Events committed by this process. */
  committed = 0;
  /** The largest resident size so far. */
  peakMebibytes = 0;
  hasExited = false;
  /** How it ended, if it ended by itself. */
  outcome: Extract<ShardMessage, { kind: 'ended' | 'failed' }> | undefined;
  readonly #child: ChildProcess;
  readonly #loaded: Promise<unknown>;
  readonly #exited: Promise<unknown>;
  static readonly #running = new Set<ChildProcess>();

  /** Loads the code and waits. `go` starts the shard. */
  constructor(nodeOptions: readonly string[] = []) {
    this.#child = fork(join(__dirname, 'shard-child.ts'), { execArgv: ['--import', 'tsx', ...nodeOptions] });
    this.#loaded = once(this.#child, 'message');
    this.#exited = once(this.#child, 'exit');
    ShardProcess.#running.add(this.#child);
    this.#child.once('exit', () => {
      this.hasExited = true;
      ShardProcess.#running.delete(this.#child);
    });
    this.#child.on('message', (message) => {
      const told = message as ShardMessage; // The child sends nothing else.
      if (told.kind === 'progress') {
        this.progress = told.progress;
        this.committed = told.committed;
        this.peakMebibytes = told.peakMebibytes;
      } else if (told.kind !== 'loaded') this.outcome = told;
    });
  }

  async go(order: ShardOrder): Promise<void> {
    await this.#loaded;
    this.#child.send(order);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get lag(): number | undefined {
    const { partitions = [] } = this.progress ?? {};
    const isSettled = partitions.length > 0 && partitions.every(({ highWatermark, offset }) => highWatermark >= offset);
    return isSettled ? partitions.reduce((sum, { lag }) => sum + lag, 0) : undefined;
  }

  /** Resolves when the process has ended. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.#child.kill(signal);
    await this.#exited;
  }

  /** For the end of a test: ends every process, whatever it was doing. */
  static endAll(): void {
    for (const child of ShardProcess.#running) child.kill('SIGKILL');
  }
}

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { KafkaLogger } from '../../clients/kafka';
import { messageOf } from '../../domain/errors';
import { openMicroBatch } from '../../engines/duckdb/micro-batch';
import type { LoadedPipeline } from '../../engines/loaded-pipeline';
import type { MicroBatchResult, MicroBatchTransform } from '../../engines/micro-batch';
import { loadPipeline } from '../../engines/pipeline-folder';

const LOOK_EVERY_MS = 1_000;
const MEMORY_LIMIT = 512 * 2 ** 20;
const VERSION_DIGITS = 12;

/** A pipeline's transform that takes up changed static tables between two micro-batches. */
export class ReloadingTransform {
  readonly #logger: KafkaLogger;
  #loaded: LoadedPipeline;
  #transform: MicroBatchTransform;
  #seen: string;
  #lookedAt = Date.now();

  private constructor(loaded: LoadedPipeline, transform: MicroBatchTransform, seen: string, logger: KafkaLogger) {
    this.#loaded = loaded;
    this.#transform = transform;
    this.#seen = seen;
    this.#logger = logger;
  }

  /** The pipeline must have been loaded just now. */
  static async open(loaded: LoadedPipeline, logger: KafkaLogger): Promise<ReloadingTransform> {
    const seen = await fingerprint(loaded);
    return new ReloadingTransform(loaded, await openMicroBatch(loaded, { memoryLimit: MEMORY_LIMIT }), seen, logger);
  }

  /** The first digits of each table's SHA-256. */
  get tables(): Readonly<Record<string, string>> {
    const hashes = Object.entries(this.#loaded.hashes.tables);
    return Object.fromEntries(hashes.map(([table, hash]) => [table, hash.slice(0, VERSION_DIGITS)]));
  }

  /** One call at a time. */
  async run(values: readonly (Buffer | null)[]): Promise<MicroBatchResult> {
    if (Date.now() - this.#lookedAt >= LOOK_EVERY_MS) await this.#reload();
    return await this.#transform.run(values);
  }

  close(): void {
    this.#transform.close();
  }

  /** Tables that cannot be used, such as half-written ones, leave the former ones in use until the files change again. */
  async #reload(): Promise<void> {
    this.#lookedAt = Date.now();
    const seen = await fingerprint(this.#loaded);
    if (seen === this.#seen) return;
    this.#seen = seen;
    const { name } = this.#loaded.pipeline;
    try {
      const loaded = await loadPipeline(this.#loaded.folder);
      const transform = await openMicroBatch(loaded, { memoryLimit: MEMORY_LIMIT });
      this.#transform.close();
      this.#transform = transform;
      this.#loaded = loaded;
      this.#logger.info({ pipeline: name, tables: this.tables }, 'static tables reloaded');
    } catch (thrown) {
      this.#logger.warn(
        { pipeline: name, tables: this.tables, reason: messageOf(thrown) },
        'kept the former static tables',
      );
    }
  }
}

/** Changes whenever a table's file does. */
async function fingerprint({ pipeline, folder }: LoadedPipeline): Promise<string> {
  const files = Object.values(pipeline.tables).map(({ file }) => join(folder, file));
  const stats = await Promise.all(files.map((file) => stat(file).catch(() => undefined)));
  return stats.map((found) => `${found?.ino} ${found?.size} ${found?.mtimeMs}`).join();
}

import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DaybreakError } from '../../domain/errors';
import { multipliesRows, outputTimeColumnOf } from '../../domain/pipeline';
import type { BuildContext, BuildPlan, EngineResult, TargetHour } from '../model/build-plan';
import { buildHours } from '../duckdb/hours/build-hours';
import { openDatabase, STAGED, type Database } from '../duckdb/database';
import { rowsOf, type WrittenRows } from '../duckdb/hours/hour-output';
import { queryCount, queryTexts } from '../duckdb/query';
import { NOTE } from '../rule/record-rule';
import { outputValueSql, transformColumnsOf, withDigestSql } from '../duckdb/output-rows';
import { timeHoldsSql } from '../rule/row-time';
import { literal, parquetSql, quoted } from '../duckdb/sql';
import { outputTypeOf } from '../sql-check/output-types';
import { hashFile } from '../input/hash-file';
import { isMissing } from '../../clients/storage/local/fs-errors';
import { runSparkSql } from './application';
import { eventsFile, exportedEvents, SPARK_PARQUET } from './exported-events';
import { refuseUnknownTypes } from './known-types';
import { columnName, HOUR, POSITION, sparkScript, withPosition } from './script';
import type { SparkProgram } from './spark-program';

export interface SparkBuild {
  readonly program: SparkProgram;
  /** Absolute path of the file for the output of Spark's driver. */
  readonly log: string;
}

/**
 * Builds hours whose rows Spark computes. The same code as for the engine duckdb decides which lines are records, of
 * which hour, and which are duplicates. Spark gets the events of all hours as Parquet, and one application runs the
 * transform over them. Its rows come back as Parquet. DuckDB writes them, so that there is one way in which values
 * become JSON. They are in the order of their events, whatever the order in which Spark's tasks end.
 *
 * The folder of the version must have the same path for the driver and for every executor.
 */
export async function buildHoursOnSpark(
  plan: BuildPlan,
  context: BuildContext,
  { program, log }: SparkBuild,
): Promise<EngineResult> {
  refuseUnknownTypes(plan.loaded);
  const folder = join(context.folder, '.spark');
  const folders = { root: folder, events: join(folder, 'events'), tables: join(folder, 'tables') };
  for (const each of Object.values(folders)) await mkdir(each, { recursive: true });
  // An hour counts as done when Spark's rows of it are written.
  const progress = { ...context.progress, hourDone: () => undefined };
  const staged = await buildHours(plan, { ...context, progress }, exportedEvents(plan.loaded, folders.events));
  const hours = [...staged.targets.values()].filter(({ kept }) => kept > 0);
  for (const { hour, kept } of staged.targets.values()) {
    if (kept > 0) continue;
    // An hour can lose all its events to earlier hours after they were exported.
    await rm(eventsFile(folders.events, hour), { force: true });
    context.progress.hourDone();
  }
  if (hours.length === 0) return staged;

  const database = await openDatabase(plan.loaded.pipeline, plan.loaded.folder, {
    threads: context.threads,
    memoryLimit: context.memoryLimit,
    spillFolder: join(context.folder, '.spill'),
    outputFolder: context.folder,
  });
  const interrupt = (): void => {
    database.connection.interrupt();
  };
  context.signal.addEventListener('abort', interrupt);
  try {
    const run = new SparkRun(plan, context, database, folders);
    await run.transform(program, log);
    const targets = new Map(staged.targets);
    for (const hour of hours) targets.set(hour.hour, await run.collect(hour));
    return { ...staged, targets };
  } finally {
    context.signal.removeEventListener('abort', interrupt);
    database.close();
  }
}

interface Folders {
  readonly root: string;
  readonly events: string;
  readonly tables: string;
}

class SparkRun {
  readonly #plan: BuildPlan;
  readonly #context: BuildContext;
  readonly #database: Database;
  readonly #folders: Folders;
  readonly #rows: string;
  /** The columns of the transform with its position that are output: as many as the pipeline's output columns. */
  #columns: readonly number[] = [];
  #checked = false;

  constructor(plan: BuildPlan, context: BuildContext, database: Database, folders: Folders) {
    this.#plan = plan;
    this.#context = context;
    this.#database = database;
    this.#folders = folders;
    this.#rows = join(folders.root, 'rows');
  }

  /** Has Spark run the transform over the exported events. */
  async transform(program: SparkProgram, log: string): Promise<void> {
    const { loaded, date } = this.#plan;
    const { pipeline } = loaded;
    const transform = withPosition(loaded.transform, this.#transformFile());
    const names = await this.#columnNames(transform);
    this.#columns = names.flatMap((name, index) => (name === POSITION ? [] : [index]));
    const script = join(this.#folders.root, 'transform.sql');
    const views = new Map([['events', this.#folders.events]]);
    for (const name of Object.keys(pipeline.tables)) views.set(name, await this.#exportTable(name));
    await writeFile(
      script,
      sparkScript({ views, transform, columns: this.#columns, width: names.length, rows: this.#rows }),
    );
    await runSparkSql(program, {
      name: `daybreak ${pipeline.name} ${date}`,
      script,
      scratch: this.#folders.root,
      log,
      transformFile: this.#transformFile(),
      signal: this.#context.signal,
    });
  }

  /** Writes the file of an hour from Spark's rows. */
  async collect(hour: TargetHour): Promise<TargetHour> {
    this.#context.signal.throwIfAborted();
    const path = join(this.#context.folder, hour.file);
    const parts = await this.#partsOf(hour.hour);
    const written = parts.length === 0 ? { filtered: hour.kept } : await this.#writeRows(parts, path, hour);
    this.#context.progress.hourDone();
    return { ...hour, ...written, ...(await hashFile(path)) };
  }

  async #writeRows(parts: readonly string[], path: string, { hour, kept }: TargetHour): Promise<WrittenRows> {
    const { connection } = this.#database;
    const { loaded } = this.#plan;
    await connection.run(`CREATE OR REPLACE VIEW daybreak.rows AS FROM ${parquetSql(...parts)}`);
    if (!this.#checked) await this.#checkTypes();
    if (loaded.timedTransform !== undefined) await this.#checkTimes(hour);
    const names = transformColumnsOf(loaded).map((column, index) => outputValueSql(column, this.#source(index)));
    const order = [0, ...this.#columns].map(columnName).join(', ');
    const rows = withDigestSql(loaded.pipeline, `SELECT ${names.join(', ')} FROM daybreak.rows ORDER BY ${order}`);
    const written = await queryCount(connection, `COPY (${rows}) TO ${literal(path)} (FORMAT json)`);
    const match = loaded.outputColumns.findIndex(({ name }) => name === loaded.pipeline.matchColumn);
    const unmatched =
      match === -1
        ? 0
        : await queryCount(connection, `SELECT count(*) FROM daybreak.rows WHERE ${this.#source(match)} IS NULL`);
    const position = columnName(0);
    const withRows = multipliesRows(loaded.pipeline)
      ? await queryCount(connection, `SELECT count(DISTINCT ${position}) FROM daybreak.rows`)
      : written;
    return { ...rowsOf(kept, withRows, written), unmatched };
  }

  /** Throws BAD_TRANSFORM if a column has another type in Spark than in DuckDB, because values might differ. */
  async #checkTypes(): Promise<void> {
    const described = await queryTexts(this.#database.connection, 'DESCRIBE daybreak.rows');
    const types = new Map(described.map(([name, type]) => [name, type ?? '']));
    const different = transformColumnsOf(this.#plan.loaded).flatMap(({ name, type }, index) => {
      const found = types.get(this.#source(index)) ?? '';
      return outputTypeOf(found) === type ? [] : [`the column ${name} is a ${type} in DuckDB and a ${found} in Spark`];
    });
    if (different.length > 0) {
      throw new DaybreakError('BAD_TRANSFORM', {
        what: `${this.#transformFile()}: ${different.join('; ')}`,
        remedy: 'Cast it in the SQL, so that it is the same in both engines.',
      });
    }
    this.#checked = true;
  }

  /**
   * Throws BAD_TRANSFORM if a row's time in Spark differs from that in DuckDB, which has checked it against the
   * event's.
   */
  async #checkTimes(hour: string): Promise<void> {
    const { pipeline, outputColumns } = this.#plan.loaded;
    const time = outputTimeColumnOf(pipeline);
    const row = `made.${this.#source(outputColumns.findIndex(({ name }) => name === time))}`;
    const event = `event.${quoted(pipeline.events.time.column)}`;
    const [moved] = await queryTexts(
      this.#database.connection,
      `SELECT ${row}::VARCHAR, ${event}::VARCHAR
       FROM daybreak.rows AS made JOIN ${parquetSql(eventsFile(this.#folders.events, hour))} AS event
         ON event.${POSITION} = made.${columnName(0)}
       WHERE NOT ${timeHoldsSql(pipeline, row, event)} LIMIT 1`,
    );
    if (moved === undefined) return;
    throw new DaybreakError('BAD_TRANSFORM', {
      what: `${this.#transformFile()}: in Spark ${time} is ${moved[0] ?? 'null'} for an event of ${moved[1] ?? ''}, in DuckDB it is the time of the event`,
      remedy: 'Give the time column of the event as it stands, so that it is the same in both engines.',
    });
  }

  async #partsOf(hour: string): Promise<string[]> {
    const folder = join(this.#rows, `${HOUR}=${Number(hour)}`);
    try {
      const names = (await readdir(folder)).filter((name) => name.endsWith('.parquet') && !name.startsWith('.'));
      return names.sort().map((name) => join(folder, name));
    } catch (thrown) {
      if (isMissing(thrown)) return []; // The transform keeps none of its events.
      throw thrown;
    }
  }

  /** The columns of the transform over events with a position, as DuckDB names them. */
  async #columnNames(transform: string): Promise<string[]> {
    const { connection } = this.#database;
    await connection.run(
      `CREATE OR REPLACE VIEW events AS SELECT 0::BIGINT AS ${POSITION}, * EXCLUDE (${NOTE}) FROM ${STAGED}`,
    );
    return (await queryTexts(connection, `DESCRIBE ${transform}`)).map(([name]) => name ?? '');
  }

  async #exportTable(name: string): Promise<string> {
    const path = join(this.#folders.tables, `${name}.parquet`);
    await this.#database.connection.run(`COPY ${quoted(name)} TO ${literal(path)} (${SPARK_PARQUET})`);
    return path;
  }

  /** The output column `index` in Spark's files. */
  #source(index: number): string {
    return columnName(this.#columns[index] ?? -1);
  }

  #transformFile(): string {
    return join(this.#plan.loaded.folder, 'transform.sql');
  }
}

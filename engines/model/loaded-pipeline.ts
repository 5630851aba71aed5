import type { ColumnType, OutputColumn, Pipeline } from '../../domain/pipeline';

/** What two builds must have in common to give the same rows, as SHA-256 in hex. */
export interface PipelineHashes {
  /** Of transform.sql. */
  readonly transform: string;
  /** Of the settings that shape rows: columns, time, zone, identity, tables. */
  readonly settings: string;
  /** Of each static table's file. */
  readonly tables: Readonly<Record<string, string>>;
}

/** What a pipeline folder says. */
export interface ReadPipeline {
  readonly pipeline: Pipeline;
  /** Absolute path. */
  readonly folder: string;
  /** The text of transform.sql without its closing semicolon. */
  readonly transform: string;
  readonly hashes: PipelineHashes;
}

/** A pipeline folder, read and checked. */
export interface LoadedPipeline extends ReadPipeline {
  /** The result of the transform, in the SQL's order. */
  readonly outputColumns: readonly OutputColumn[];
  /**
   * The transform with its event's time beside each row, as the column `EVENT_TIME`; undefined where a row's time is the
   * column of its event as it stands, which cannot differ.
   */
  readonly timedTransform: string | undefined;
  /** The transform with the number of its event beside each row; undefined where an event gives one row at most. */
  readonly numberedTransform: string | undefined;
}

/** Columns in the order in which the pipeline declares them. */
export type Columns = Readonly<Record<string, ColumnType>>;

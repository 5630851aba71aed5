import type { ColumnType, OutputColumn, Pipeline } from '../domain/pipeline';

/** What two builds must have in common to give the same rows, as SHA-256 in hex. */
export interface PipelineHashes {
  /** Of transform.sql. */
  readonly transform: string;
  /** Of the settings that shape rows: columns, time, zone, identity, tables. */
  readonly settings: string;
  /** Of each static table's file. */
  readonly tables: Readonly<Record<string, string>>;
}

/** A pipeline folder, read and checked. */
export interface LoadedPipeline {
  readonly pipeline: Pipeline;
  /** Absolute path. */
  readonly folder: string;
  /** The text of transform.sql without its closing semicolon. */
  readonly transform: string;
  /** The result of the transform, in the SQL's order. */
  readonly outputColumns: readonly OutputColumn[];
  readonly hashes: PipelineHashes;
}

/** Columns in the order in which the pipeline declares them. */
export type Columns = Readonly<Record<string, ColumnType>>;

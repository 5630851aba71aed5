import type { ColumnType, OutputColumn, Pipeline } from '../../domain/pipeline';
import type { TableVersions } from './table-version';

/** Hashes that two builds must share to give the same rows, as SHA-256 in hex. */
export interface PipelineHashes {
  /** Hash of transform.sql. */
  readonly transform: string;
  /** Hash of the settings that shape rows: columns, time, zone, identity, tables. */
  readonly settings: string;
  /** Hash of each static table's version; see `TableVersion`. */
  readonly tables: Readonly<Record<string, string>>;
}

/** The content of a pipeline folder. */
export interface ReadPipeline {
  readonly pipeline: Pipeline;
  /** Absolute path. */
  readonly folder: string;
  /** The text of transform.sql without its closing semicolon. */
  readonly transform: string;
  /** The tables that hold on one day. */
  readonly tables: TableVersions;
  readonly hashes: PipelineHashes;
}

/** A pipeline folder, read and checked. */
export interface LoadedPipeline extends ReadPipeline {
  /** The columns of the transform's result, in the SQL's order, and behind them that of the digests, if any. */
  readonly outputColumns: readonly OutputColumn[];
  /**
   * The transform with its event's time beside each row, as the column `EVENT_TIME`. Undefined if a row's time is the
   * unchanged column of its event, which cannot differ.
   */
  readonly timedTransform: string | undefined;
  /** The transform with its event's number beside each row; undefined if an event gives at most one row. */
  readonly numberedTransform: string | undefined;
}

/** Columns in the order in which the pipeline declares them. */
export type Columns = Readonly<Record<string, ColumnType>>;

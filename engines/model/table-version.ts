import type { ObjectVersion } from '../../clients/storage';

/** The file that a static table is read from, on a day or by realtime. */
export interface TableVersion {
  /** The file as manifests and `status` name it: its path inside the pipeline folder, or all of it with its location. */
  readonly file: string;
  /** The file as messages name it: absolute path, or the address in a storage. */
  readonly place: string;
  /** Where it is read from. Undefined as long as only its storage has it; see `fetchTables`. */
  readonly local?: LocalTable;
  /** Where it is, if that is S3 or HDFS. */
  readonly stored?: StoredTable;
  /**
   * In hex: the SHA-256 of the file; of what the storage gives as its version, if it is in S3 or HDFS. Equal hashes give
   * equal tables.
   */
  readonly hash: string;
}

export interface LocalTable {
  /** Absolute path of the folder in which the file must lie. */
  readonly folder: string;
  /** Absolute path of the file, or of its copy. */
  readonly path: string;
}

export interface StoredTable {
  /** See `locationOf`. */
  readonly location: string;
  readonly key: string;
  readonly version: ObjectVersion;
}

/** By the name of the table. */
export type TableVersions = Readonly<Record<string, TableVersion>>;

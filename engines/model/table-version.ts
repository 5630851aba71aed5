/** The file that a static table is read from, on a day or by realtime. */
export interface TableVersion {
  /** The file as manifests and `status` name it: its path inside the pipeline folder. */
  readonly file: string;
  /** Absolute path of the file as people know it, for messages. */
  readonly place: string;
  /** Absolute path of the folder in which the file must lie, and of the file or its copy in it. */
  readonly folder: string;
  readonly path: string;
  /** SHA-256 of the file, in hex. Equal hashes give equal tables. */
  readonly hash: string;
}

/** By the name of the table. */
export type TableVersions = Readonly<Record<string, TableVersion>>;

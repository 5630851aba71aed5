/**
 * Identifies a version of an object, as text to compare and to keep: S3's ETag; on HDFS inode, time and size; in a
 * folder inode, times and size. Two contents of one key never have the same version. The exception is a local file that
 * is written in place twice within one tick of the file system's clock (a few milliseconds). No writer behind this
 * interface does that.
 */
export type ObjectVersion = string;

/** One object, as it was when it was listed or found. */
export interface StoredObject {
  /** Relative to the location, with '/' between its parts and none at its start. */
  readonly key: string;
  /** In bytes. */
  readonly size: number;
  readonly version: ObjectVersion;
  /** When it was last written, by the storage's own clock. S3 gives seconds, the others at least milliseconds. */
  readonly modified: Date;
}

export interface Abortable {
  /** Ends the work; the signal's reason is then thrown. */
  readonly signal?: AbortSignal;
}

export interface ReadOptions extends Abortable {
  /**
   * The version that the bytes must be of. Default: the version at the first byte, which must not change until the last
   * byte.
   */
  readonly version?: ObjectVersion;
  /**
   * Whether a file that is appended to meanwhile counts as unchanged: then these are the bytes that it had at first. On
   * S3 nothing can be appended to. Default: false.
   */
  readonly mayGrow?: boolean;
  /** The first byte. Default: 0. */
  readonly offset?: number;
  /** The byte after the last one. Default: the end of the object. */
  readonly end?: number;
}

/** The bytes of an object: all at once, or as a stream of any length. */
export type Body = Uint8Array | AsyncIterable<Uint8Array>;

/** When a conditional write happens: while the key does not exist, or while its object is of that version. */
export type Condition = { readonly ifAbsent: true } | { readonly ifVersion: ObjectVersion };

/** An address under which anybody can read one object for a limited time. It is a secret: never log or store it. */
export interface SignedUrl {
  readonly url: string;
  /** When it expires. This is earlier than requested if the credentials expire earlier. */
  readonly expires: Date;
}

/**
 * One place with objects: a local folder, a prefix of an S3 bucket, or a folder of HDFS.
 *
 * Every method throws STORAGE_FAILED if the storage cannot be reached or is temporarily unable to answer, after the
 * client's own retries; STORAGE_REFUSED if it refuses; and STORAGE_CHANGED if an object is not, or no longer, what is
 * expected. A write that throws may have happened. Names of unfinished writes begin with `.daybreak-` and are never
 * listed.
 */
export interface Storage {
  readonly kind: 'local' | 's3' | 'webhdfs';
  /** The location with a key, as people write it, for messages and manifests. Without secrets. */
  describe(key: string): string;
  /**
   * Every object whose key starts with `prefix`, once, page by page, in no particular order. Empty if the place does not
   * exist. On HDFS and locally, only folders whose names match are entered. Folders are no objects: neither they nor the
   * empty objects that mark them on S3 are listed. On S3 an object may have the name of a folder, such as `day` beside
   * `day/part`; it then comes before the objects of that folder.
   */
  list(prefix: string, options?: Abortable): AsyncIterable<StoredObject>;
  /** Undefined if there is no such object. */
  find(key: string, options?: Abortable): Promise<StoredObject | undefined>;
  /**
   * The bytes of one version. A connection that breaks or stalls is made again at the same byte. Throws
   * STORAGE_CHANGED, at the latest after the last byte, if the object does not exist or became another version.
   */
  read(key: string, options?: ReadOptions): AsyncIterable<Buffer>;
  /** Writes an object, whole or not at all, in bounded memory. A reader sees the previous one or the new one. */
  write(key: string, body: Body, options?: Abortable): Promise<ObjectVersion>;
  /**
   * The same, only if the condition holds at the moment the object appears; undefined if it does not. Of several
   * writers with one condition, one wins. This holds among writers that all use this method for that key. Each storage
   * documents what is atomic.
   */
  writeIf(key: string, body: Body, condition: Condition, options?: Abortable): Promise<ObjectVersion | undefined>;
  /**
   * Writes a copy of one object under another key, whole or not at all. S3 copies up to 5 GiB by itself; else the bytes
   * pass through this process. Throws STORAGE_CHANGED if the object does not exist.
   */
  copy(from: string, to: string, options?: Abortable): Promise<ObjectVersion>;
  /** It is no failure if an object does not exist any more. */
  remove(keys: Iterable<string> | AsyncIterable<string>, options?: Abortable): Promise<void>;
  /**
   * Removes everything below `folder`, whose name ends with '/'. On S3 this is one object after the other, not all at
   * once.
   */
  removeFolder(folder: string, options?: Abortable): Promise<void>;
  /**
   * Removes the remains below `folder` of writes that began before `before` and never ended: parts that S3 bills,
   * temporary files elsewhere.
   */
  removeUnfinished(folder: string, before: Date, options?: Abortable): Promise<void>;
  /** S3 only. `seconds`: how long the address should work, at most a week. */
  presign?(key: string, seconds: number): Promise<SignedUrl>;
  /**
   * WebHDFS only: the address at which any HTTP client can read the object. It holds the delegation token if there is
   * one.
   */
  httpUrl?(key: string): string;
  /** Closes idle connections. */
  close(): void;
}

/**
 * What a version of an object is told by, as text to compare and to keep: S3's ETag; on HDFS inode, time and size; in a
 * folder inode, times and size. Two contents of one key never have the same, except where a local file is written in place
 * twice within one tick of the file system's clock (a few milliseconds), which no writer behind this interface does.
 */
export type ObjectVersion = string;

/** One object, as it was when it was listed or looked up. */
export interface StoredObject {
  /** Relative to the location, with '/' between its parts and none at its start. */
  readonly key: string;
  /** In bytes. */
  readonly size: number;
  readonly version: ObjectVersion;
  /** When it was last written, by the storage's own clock. S3 tells seconds, the others at least milliseconds. */
  readonly modified: Date;
}

export interface Abortable {
  /** Ends the work; what is thrown then is its reason. */
  readonly signal?: AbortSignal;
}

export interface ReadOptions extends Abortable {
  /** Of which version the bytes must be. Default: whichever is there at the first byte; it must stay to the last. */
  readonly version?: ObjectVersion;
  /** First byte. Default: 0. */
  readonly offset?: number;
  /** Byte after the last one. Default: the object's end. */
  readonly end?: number;
}

/** The bytes of an object: all at once, or as they come, of any length. */
export type Body = Uint8Array | AsyncIterable<Uint8Array>;

/** When a conditional write happens: while nothing has that key, or while what has it is of that version. */
export type Condition = { readonly ifAbsent: true } | { readonly ifVersion: ObjectVersion };

/** An address that anybody can read one object under, for a while. It is a secret: never log or store it. */
export interface SignedUrl {
  readonly url: string;
  /** When it stops to work: earlier than asked for where the credentials end earlier. */
  readonly expires: Date;
}

/**
 * One place with objects: a local folder, a prefix of an S3 bucket, or a folder of HDFS.
 *
 * Every method throws STORAGE_FAILED where the storage cannot be reached or cannot do it now, after the client's own
 * retries; STORAGE_REFUSED where it says no; and STORAGE_CHANGED where an object is not, or no longer, what is expected.
 * A write that throws may have happened. Names of unfinished writes begin with `.daybreak-` and are never listed.
 */
export interface Storage {
  readonly kind: 'local' | 's3' | 'webhdfs';
  /** The location with a key, as people write it: for messages and manifests. Without secrets. */
  describe(key: string): string;
  /**
   * Everything whose key starts with `prefix`, page by page, in no particular order. Nothing where nothing is there. On
   * HDFS and locally only folders are entered whose names fit.
   */
  list(prefix: string, options?: Abortable): AsyncIterable<StoredObject>;
  /** Undefined where there is none. */
  find(key: string, options?: Abortable): Promise<StoredObject | undefined>;
  /**
   * Bytes of one version. A connection that breaks, or stands still, is made again from where it broke. Throws
   * STORAGE_CHANGED, at the latest after the last byte, where the object is not there or became another one.
   */
  read(key: string, options?: ReadOptions): AsyncIterable<Buffer>;
  /** Writes an object, whole or not at all, in bounded memory. A reader sees the former or the new one. */
  write(key: string, body: Body, options?: Abortable): Promise<ObjectVersion>;
  /**
   * The same, only if the condition holds at the moment in which the object appears; undefined where it does not. Of
   * several writers with one condition one wins. That holds among writers that all use this method for that key; what is
   * atomic is said where each storage implements it.
   */
  writeIf(key: string, body: Body, condition: Condition, options?: Abortable): Promise<ObjectVersion | undefined>;
  /** Objects that are not there any more are no failure. */
  remove(keys: Iterable<string> | AsyncIterable<string>, options?: Abortable): Promise<void>;
  /** Everything below `folder`, whose name ends with '/'. One object after the other on S3: not at once. */
  removeFolder(folder: string, options?: Abortable): Promise<void>;
  /** What writes left below `folder` that began before and never ended: parts that S3 bills, unnamed files elsewhere. */
  removeUnfinished(folder: string, before: Date, options?: Abortable): Promise<void>;
  /** S3 only. `seconds`: how long it should work, at most a week. */
  presign?(key: string, seconds: number): Promise<SignedUrl>;
  /** WebHDFS only: where any HTTP client reads the object. It holds the delegation token where there is one. */
  httpUrl?(key: string): string;
  /** Ends idle connections. */
  close(): void;
}

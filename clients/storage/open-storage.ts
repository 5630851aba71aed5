import { localStorage } from './local/local-storage';
import type { StorageLocation } from './location';
import { RETRY, type RetryPolicy } from './retry';
import { s3Storage, type S3Access } from './s3/s3-storage';
import type { Storage } from './storage';
import { webHdfsAccess } from './webhdfs/access';
import { webHdfsStorage } from './webhdfs/webhdfs-storage';

export interface StorageSettings {
  /**
   * Default: the process's environment. For S3 the AWS SDK reads the process's own environment and its shared files;
   * this one gives only the endpoints of other services. For HDFS: HADOOP_USER_NAME, HADOOP_TOKEN,
   * DAYBREAK_WEBHDFS_URL.
   */
  readonly environment?: NodeJS.ProcessEnv;
  /** Used instead of what the AWS SDK finds. */
  readonly s3?: S3Access;
  readonly retry?: RetryPolicy;
}

/** The storage at a location. Sends no request yet. Throws BAD_CONFIGURATION if a variable is wrong. */
export function openStorage(location: StorageLocation, settings: StorageSettings = {}): Storage {
  const { environment = process.env, s3 = {}, retry = RETRY } = settings;
  switch (location.kind) {
    case 'local':
      return localStorage(location);
    case 's3':
      return s3Storage(location, s3, environment, retry);
    case 'webhdfs':
      return webHdfsStorage(location, webHdfsAccess(location, environment), retry);
  }
}

import type { StorageLocation } from './location';
import { RETRY, type RetryPolicy } from './retry';
import type { S3Access } from './s3/s3-storage';
import type { Storage } from './storage';

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
export async function openStorage(location: StorageLocation, settings: StorageSettings = {}): Promise<Storage> {
  const { environment = process.env, s3 = {}, retry = RETRY } = settings;
  // Only what is needed is loaded: the AWS SDK takes a tenth of a second.
  switch (location.kind) {
    case 'local': {
      const { localStorage } = await import('./local/local-storage');
      return localStorage(location);
    }
    case 's3': {
      const { s3Storage } = await import('./s3/s3-storage');
      return s3Storage(location, s3, environment, retry);
    }
    case 'webhdfs': {
      const [{ webHdfsStorage }, { webHdfsAccess }] = await Promise.all([
        import('./webhdfs/webhdfs-storage'),
        import('./webhdfs/access'),
      ]);
      return webHdfsStorage(location, webHdfsAccess(location, environment), retry);
    }
  }
}

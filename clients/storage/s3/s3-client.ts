import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { DaybreakError } from '../../../domain/errors';
import type { RetryPolicy } from '../retry';
import { s3Error } from './s3-errors';

/** Used instead of what the AWS SDK finds in the environment and in its shared files. */
export interface S3Access {
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: NonNullable<S3ClientConfig['credentials']>;
}

/** Milliseconds. */
const CONNECTION_TIMEOUT = 5_000;
/** As many objects can be read at once, each over its own connection. */
const CONNECTIONS = 256;

/** The SDK with its standard chain of credentials and its variables, and with our time limits. */
export function s3Client(access: S3Access, environment: NodeJS.ProcessEnv, policy: RetryPolicy): S3Client {
  // The pinned SDK runs on Node 20; what its later versions need is no news to our users.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const endpoint = access.endpoint ?? environment['AWS_ENDPOINT_URL_S3'] ?? environment['AWS_ENDPOINT_URL'];
  return new S3Client({
    ...(access.endpoint !== undefined && { endpoint: access.endpoint }),
    ...(access.region !== undefined && { region: access.region }),
    ...(access.credentials !== undefined && { credentials: access.credentials }),
    // Services other than Amazon's rarely have a host name for each bucket.
    forcePathStyle: endpoint !== undefined && endpoint !== '',
    ...(environment['AWS_MAX_ATTEMPTS'] === undefined && { maxAttempts: policy.attempts }),
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT,
      socketTimeout: policy.idleMs,
      // A high value prevents the SDK's own warning, which would be printed.
      socketAcquisitionWarningTimeout: 2 ** 31 - 1,
      httpAgent: { maxSockets: CONNECTIONS, keepAlive: true },
      httpsAgent: { maxSockets: CONNECTIONS, keepAlive: true },
    },
  });
}

/** Runs a request. Throws the signal's reason, or an error with a remedy. */
export async function explained<T>(
  doing: string,
  bucket: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await work();
  } catch (thrown) {
    signal?.throwIfAborted();
    throw thrown instanceof DaybreakError ? thrown : s3Error(thrown, doing, { bucket });
  }
}

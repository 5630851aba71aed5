import * as z from 'zod';
import { messageOf, type DaybreakError } from '../../../domain/errors';
import { absent, storageError, systemCode, type StorageTrouble } from '../errors';

const remoteException = z.object({
  RemoteException: z.object({ exception: z.string(), message: z.string().nullish() }),
});

/** An unexpected answer of a NameNode or DataNode, or no answer at all. */
export class WebHdfsFailure extends Error {
  override readonly name = 'WebHdfsFailure';
  /** Absent if nobody answered. */
  readonly status: number | undefined;
  /** The class of the Java exception, without its package. */
  readonly exception: string | undefined;

  constructor(message: string, status?: number, exception?: string) {
    super(message);
    this.status = status;
    this.exception = exception;
  }

  /** Whether the same request may succeed later. */
  get isPassing(): boolean {
    if (this.status === undefined || this.status >= 500 || this.status === 429)
      return this.exception !== 'RuntimeException';
    return ['RetriableException', 'StandbyException', 'SafeModeException', 'ObserverRetryOnActiveException'].includes(
      this.exception ?? '',
    );
  }
}

/** The failure of an answer that is no success. */
export function failureOf(status: number, text: string): WebHdfsFailure {
  const parsed = remoteException.safeParse(asJson(text));
  if (!parsed.success) return new WebHdfsFailure(`it answered ${status}: ${beginningOf(text)}`, status);
  const { exception, message } = parsed.data.RemoteException;
  // Only the first line: the rest is a stack trace.
  return new WebHdfsFailure(`${exception}: ${message?.split('\n')[0] ?? ''}`.slice(0, 500), status, exception);
}

/** The beginning of an answer that nobody expects. */
export function beginningOf(text: string): string {
  return text.trim().slice(0, 300);
}

/** The failure of a connection. The AxiosError is not kept: it holds the address with the token. */
export function unreachable(thrown: unknown): WebHdfsFailure {
  return new WebHdfsFailure(messageOf(thrown) === '' ? (systemCode(thrown) ?? 'no answer') : messageOf(thrown));
}

/** An error with a remedy, without the token. */
export function webHdfsError(failure: WebHdfsFailure, doing: string, origins: readonly string[]): DaybreakError {
  if (failure.exception === 'FileNotFoundException') return absent(doing);
  return storageError(doing, troubleOf(failure, origins));
}

function troubleOf(failure: WebHdfsFailure, origins: readonly string[]): StorageTrouble {
  const { status, exception, message: why } = failure;
  const at = origins.join(', ');
  if (why.includes('Hadoop IPC port')) {
    return refused(why, 'Name the port for HTTP: export DAYBREAK_WEBHDFS_URL=http://namenode:9870.');
  }
  if (exception === 'InvalidToken' || /token.*(expired|can't be found)/i.test(why)) {
    return refused(why, 'The delegation token has expired: fetch a new one, and export HADOOP_TOKEN=….');
  }
  if (status === 401) {
    return refused(
      why,
      `It wants Kerberos; give it a delegation token: export HADOOP_TOKEN=$(curl -s --negotiate -u: '${origins[0] ?? ''}/webhdfs/v1/?op=GETDELEGATIONTOKEN' | sed 's/.*urlString":"//;s/".*//').`,
    );
  }
  if (exception === 'AccessControlException' || exception === 'SecurityException') {
    return refused(
      why,
      'Ask as a user who may: export HADOOP_USER_NAME=…; or give the right: hdfs dfs -setfacl, -chown.',
    );
  }
  if (failure.isPassing) {
    return {
      code: 'STORAGE_FAILED',
      why,
      remedy: `See that HDFS is well and answers at ${at}: hdfs dfsadmin -report; its address is DAYBREAK_WEBHDFS_URL.`,
    };
  }
  return refused(why, `Read its answer; that ${at} is a NameNode's WebHDFS, its page /dfshealth.html says.`);
}

function refused(why: string, remedy: string): StorageTrouble {
  return { code: 'STORAGE_REFUSED', why, remedy };
}

/** Undefined if the text is no JSON. */
export function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

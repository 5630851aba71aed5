import { userInfo } from 'node:os';
import { DaybreakError } from '../../../domain/errors';
import { locationText, type WebHdfsLocation } from '../location';

/** The addresses of WebHDFS, and the user. */
export interface WebHdfsAccess {
  /** Origins of the NameNodes, or of an HttpFS gateway. If there are several, requests find the active one. */
  readonly origins: readonly string[];
  /** What the address of each request carries: the token identifies the user, else the name does. */
  readonly identity: { readonly delegation: string } | { readonly 'user.name': string };
}

/** NameNodes serve WebHDFS on this port. */
const HTTP_PORT = 9870;
const HTTPS_PORT = 9871;
/** The ports of Hadoop's own protocol, which hdfs:// names. They do not speak HTTP. */
const RPC_PORTS = new Set(['8020', '8021', '8022', '9000', '9820']);

/**
 * HADOOP_USER_NAME, else the user of this process. HADOOP_TOKEN: a delegation token as Hadoop prints it for addresses.
 * DAYBREAK_WEBHDFS_URL: the address of WebHDFS, with commas between several NameNodes. Without it, hdfs:// means port
 * 9870 if it names no port or one of Hadoop's own protocol. Throws BAD_CONFIGURATION.
 */
export function webHdfsAccess(location: WebHdfsLocation, environment: NodeJS.ProcessEnv): WebHdfsAccess {
  const token = environment['HADOOP_TOKEN'];
  const user = environment['HADOOP_USER_NAME'];
  return {
    origins: originsOf(location, environment['DAYBREAK_WEBHDFS_URL']),
    identity:
      token !== undefined && token !== ''
        ? { delegation: token }
        : { 'user.name': user !== undefined && user !== '' ? user : userInfo().username },
  };
}

function originsOf(location: WebHdfsLocation, named: string | undefined): string[] {
  if (named !== undefined && named !== '') return named.split(',').map((url) => originIn(url.trim()));
  const { scheme, authority } = location;
  const [, host = authority, port] = /^(.*?)(?::(\d+))?$/.exec(authority) ?? [];
  const isRpc = scheme === 'hdfs' && (port === undefined || RPC_PORTS.has(port));
  const standard = scheme === 'swebhdfs' ? HTTPS_PORT : HTTP_PORT;
  const url = `${scheme === 'swebhdfs' ? 'https' : 'http'}://${host}:${isRpc ? HTTP_PORT : (port ?? standard)}`;
  if (URL.canParse(url)) return [new URL(url).origin];
  throw new DaybreakError('BAD_CONFIGURATION', {
    what: `the location ${locationText(location)} names no host and port`,
    remedy: 'Write hdfs://host:port/path, or set DAYBREAK_WEBHDFS_URL=http://host:9870.',
  });
}

function originIn(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.username === '' &&
    /^\/(webhdfs\/v1\/?)?$/.test(url.pathname)
  ) {
    return url.origin;
  }
  throw new DaybreakError('BAD_CONFIGURATION', {
    // The value is not shown: it may hold a password.
    what: 'DAYBREAK_WEBHDFS_URL is no address, or one with a name or a path in it',
    remedy: 'Write http://namenode:9870, and with two NameNodes http://one:9870,http://two:9870.',
  });
}

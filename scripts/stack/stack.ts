import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { DaybreakError } from '../../domain/errors';
import { portsFrom, type Ports } from '../../domain/ports';

export const SERVER_NAMES = [
  'temporal',
  'zookeeper',
  'kafka',
  'druid-coordinator',
  'druid-broker',
  'druid-historical',
  'druid-indexer',
] as const;
/** Storages of the kinds that users have. `daybreak up --storage s3` starts the first one, and tests start both. */
export const STORAGE_SERVER_NAMES = ['versitygw', 'hdfs'] as const;
export type ServerName = (typeof SERVER_NAMES)[number] | (typeof STORAGE_SERVER_NAMES)[number];

/** Names the stack as a whole where the progress of its servers is shown. */
export const STACK_TITLE = 'Local servers';

/** Which local stack to use. */
export interface StackOptions {
  /** First of consecutive ports. Default: the servers' standard ports. */
  readonly portBase?: number | undefined;
  /**
   * The folder of data, logs and pid files. Default: the environment's DAYBREAK_STACK, else .daybreak/stack, or
   * .daybreak/stack-<portBase>, of the current folder.
   */
  readonly directory?: string | undefined;
  /** The port of a proxy through which clients reach Kafka. Default: they reach its own. */
  readonly kafkaProxyPort?: number | undefined;
}

/** One local stack: its folder, absolute, and its ports. */
export interface Stack {
  readonly directory: string;
  readonly ports: Ports;
  readonly kafkaProxyPort?: number | undefined;
}

/** Throws BAD_CONFIGURATION for an empty DAYBREAK_STACK, which would be the current folder. */
export function stackOf({ portBase, directory, kafkaProxyPort }: StackOptions): Stack {
  const name = portBase === undefined ? 'stack' : `stack-${portBase}`;
  const folder = directory ?? process.env['DAYBREAK_STACK'] ?? `.daybreak/${name}`;
  if (folder === '') {
    throw new DaybreakError('BAD_CONFIGURATION', {
      what: "the environment variable DAYBREAK_STACK is '': it must not be empty",
      remedy: 'Correct DAYBREAK_STACK, or unset it for the default.',
    });
  }
  return { directory: resolve(folder), ports: portsFrom(portBase), kafkaProxyPort };
}

/** What a stack has in its folder. Other files in there are somebody else's. */
export const STACK_FOLDERS = ['druid', 'hdfs', 'kafka', 'log', 'run', 'temporal', 'versitygw', 'zookeeper'] as const;

/** Whether a local stack was started there and not wiped since. */
export function hasStack(options: StackOptions): boolean {
  return existsSync(stackOf(options).directory);
}

/** How a server's process is started. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
}

/** What the stack must know of a server. */
export interface Server {
  readonly name: ServerName;
  readonly title: string;
  /** The port that its users call. */
  readonly port: number;
  /** Further ports that it listens on. */
  readonly otherPorts: readonly number[];
  readonly url: string;
  /** Servers that must be healthy before this one starts. */
  readonly after: readonly ServerName[];
  /** How many seconds a server may take after SIGTERM before SIGKILL. */
  readonly stopSeconds: number;
  /** An argument of the process that no other process has. By it the stack recognises its own process. */
  readonly mark: string;
  /** Writes the configuration and, the first time, the empty store. */
  prepare(): Promise<void>;
  launch(): Promise<Launch>;
  /** Rejects while the server cannot serve, and says what is still missing. */
  check(): Promise<void>;
}

export function logFile(stack: Stack, server: ServerName): string {
  return `${stack.directory}/log/${server}.log`;
}

import {
  Client,
  Connection,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
  type ConnectionOptions,
} from '@temporalio/client';
import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';
import type { DataConverter } from '@temporalio/common';
import { join } from 'node:path';
import { DaybreakError, hasCode, messageOf } from '../domain/errors';
import type { TemporalUi } from '../domain/workflow-url';
import type { Config } from './config';
import { encryptingCodec } from './payload-codec';
import { temporalFailure } from './temporal-failure';

/**
 * Address, namespace, TLS and keys. The standard Temporal variables and profiles take precedence over our defaults.
 * Throws BAD_CONFIGURATION if they cannot be read.
 */
export function connectOptions(config: Config) {
  const { connectionOptions, namespace } = standardOptions();
  return {
    connectionOptions: { ...connectionOptions, address: connectionOptions.address ?? config.temporal.address },
    namespace: namespace ?? config.temporal.namespace,
  };
}

/** Where the Temporal UI shows what the commands and workers start. Throws BAD_CONFIGURATION like `connectOptions`. */
export function temporalUi(config: Config): TemporalUi {
  return { uiUrl: config.temporal.uiUrl, namespace: connectOptions(config).namespace };
}

function standardOptions(): ClientConnectConfig {
  try {
    return loadClientConnectConfig();
  } catch (cause) {
    const fault = faultOfFile(cause);
    if (fault !== undefined) {
      const named = process.env['TEMPORAL_CONFIG_FILE'];
      const file =
        named === undefined
          ? 'temporalio/temporal.toml in your configuration folder'
          : `${named} (TEMPORAL_CONFIG_FILE)`;
      throw new DaybreakError('BAD_CONFIGURATION', {
        what: `Temporal’s configuration file, ${file}, ${fault}`,
        remedy: 'Correct it, or move it away if you do not need it.',
        cause,
      });
    }
    throw new DaybreakError('BAD_CONFIGURATION', {
      what: 'the TEMPORAL_* variables, or the profile of Temporal’s configuration file, have a value that cannot be used',
      remedy: 'Correct the setting that the cause names.',
      cause,
    });
  }
}

/** What is wrong in the whole of Temporal's configuration file; undefined if that is not the cause. */
function faultOfFile(cause: unknown): string | undefined {
  // The library looks for a profile in a table that an empty file lacks.
  if (cause instanceof TypeError) return 'has no profile: its settings belong below [profile.default]';
  const [fault = ''] = messageOf(cause).split('\n');
  if (fault.startsWith('Invalid TOML')) {
    const line = cause instanceof Error && 'line' in cause ? ` in line ${String(cause.line)}` : '';
    return `is no TOML${line}${fault.replace(/^[^:]*/, '')}`;
  }
  return hasCode(cause, 'EISDIR') ? 'is a folder' : undefined;
}

/**
 * How values are stored in Temporal: as JSON, and encrypted if the configuration has keys. Without keys, what is
 * encrypted is refused with BAD_CONFIGURATION.
 */
export function dataConverterOf({
  payloadKeys,
  strictPayloads: strict,
}: Pick<Config, 'payloadKeys' | 'strictPayloads'>): DataConverter {
  return {
    payloadCodecs: [encryptingCodec(payloadKeys ?? new Map(), { strict })],
    ...(payloadKeys && { failureConverterPath: join(__dirname, 'failure-converter.cjs') }),
  };
}

/** The same for a worker. Not for the commands: an answer that they cannot decode must not look like no answer. */
export function workerConverterOf(config: Pick<Config, 'payloadKeys' | 'strictPayloads'>): DataConverter {
  return { ...dataConverterOf(config), payloadConverterPath: join(__dirname, 'payload-converter.cjs') };
}

/** A server that is only busy ends a call after ten seconds. One that says nothing for longer is frozen. */
const ANSWER_MILLISECONDS = 15_000;
/** Temporal answers these when something happens, or its client asks again. */
const LONG_POLLS = /\/(GetWorkflowExecutionHistory|UpdateWorkflowExecution|PollWorkflowExecutionUpdate)$/;
// Of gRPC.
const DEADLINE_EXCEEDED = 4;

const byDefault = defaultGrpcRetryOptions();
const asDefault = makeGrpcRetryInterceptor(byDefault);

/**
 * The client's own retries. Also, without a deadline of the caller, a limit for each try, and another try if the server
 * could not answer in its own time: a server that is only busy says so, and it knows a call that it has already done by
 * its request id.
 */
const askAgain: NonNullable<ConnectionOptions['interceptors']>[number] = (options, nextCall) => {
  if (options.deadline !== undefined) return asDefault(options, nextCall);
  const limit = LONG_POLLS.test(options.method_definition.path) ? Infinity : ANSWER_MILLISECONDS;
  let triedAt = performance.now();
  const alsoTooLate = makeGrpcRetryInterceptor({
    ...byDefault,
    retryableDecider(attempt, status) {
      const { code }: { readonly code: number } = status;
      // A try that took the whole limit was ended here: the server said nothing.
      const isBusy = code === DEADLINE_EXCEEDED && performance.now() - triedAt < limit - 1_000;
      return byDefault.retryableDecider(attempt, status) || (isBusy && attempt < 3);
    },
  });
  return alsoTooLate(options, (call) => {
    triedAt = performance.now();
    return nextCall({ ...call, deadline: Date.now() + limit });
  });
};

/**
 * Connects to Temporal while `use` runs. Throws TEMPORAL_UNREACHABLE within seconds, also if Temporal does not answer a
 * call; only waits for a result or an update may take any time. Throws it, or TEMPORAL_REFUSED, for an answer that `use`
 * did not expect.
 */
export async function withClient<T>(config: Config, use: (client: Client) => Promise<T>): Promise<T> {
  const { connectionOptions, namespace } = connectOptions(config);
  let connection: Connection;
  try {
    connection = await Connection.connect({
      ...connectionOptions,
      connectTimeout: '5 seconds',
      interceptors: [askAgain],
    });
  } catch (cause) {
    throw unreachable(connectionOptions.address, cause);
  }
  try {
    return await use(new Client({ connection, namespace, dataConverter: dataConverterOf(config) }));
  } catch (thrown) {
    throw temporalFailure(thrown, { address: connectionOptions.address, namespace });
  } finally {
    await connection.close();
  }
}

export function unreachable(address: string, cause: unknown): DaybreakError {
  return new DaybreakError('TEMPORAL_UNREACHABLE', {
    what: `Temporal at ${address} does not answer`,
    remedy:
      'Start it (npx daybreak up) or set TEMPORAL_ADDRESS, and TEMPORAL_TLS_* or TEMPORAL_API_KEY if it needs them.',
    cause,
  });
}

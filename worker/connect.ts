import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import { DaybreakError } from '../domain/errors';
import type { Config } from './config';

/** Address, namespace, TLS and keys: the standard Temporal variables and profiles win over our defaults. */
function connectOptions(config: Config) {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  return {
    connectionOptions: { ...connectionOptions, address: connectionOptions.address ?? config.temporal.address },
    namespace: namespace ?? config.temporal.namespace,
  };
}

/** Connects to Temporal for as long as `use` takes. Throws TEMPORAL_UNREACHABLE within seconds. */
export async function withClient<T>(config: Config, use: (client: Client) => Promise<T>): Promise<T> {
  const { connectionOptions, namespace } = connectOptions(config);
  let connection: Connection;
  try {
    connection = await Connection.connect({ ...connectionOptions, connectTimeout: '5 seconds' });
  } catch (cause) {
    throw unreachable(connectionOptions.address, cause);
  }
  try {
    return await use(new Client({ connection, namespace }));
  } finally {
    await connection.close();
  }
}

/** The worker's own connection. Throws TEMPORAL_UNREACHABLE. */
export async function connectWorker(
  config: Config,
): Promise<{ readonly connection: NativeConnection; readonly namespace: string }> {
  const { connectionOptions, namespace } = connectOptions(config);
  try {
    return { connection: await NativeConnection.connect(connectionOptions), namespace };
  } catch (cause) {
    throw unreachable(connectionOptions.address, cause);
  }
}

function unreachable(address: string, cause: unknown): DaybreakError {
  return new DaybreakError('TEMPORAL_UNREACHABLE', {
    what: `Temporal at ${address} does not answer`,
    remedy: 'Start it (npx daybreak up) or set TEMPORAL_ADDRESS.',
    cause,
  });
}

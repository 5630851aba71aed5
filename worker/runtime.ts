import { DefaultLogger, Runtime } from '@temporalio/worker';
import { isIPv6 } from 'node:net';
import type { Logger } from 'pino';
import { messageOf } from '../domain/errors';
import type { Config } from './config';
import { runOf } from './log-attributes';

/**
 * Gives Temporal's SDK our logger and lets it serve metrics. If the port is taken, the worker works without metrics and
 * logs this once.
 */
export function installRuntime({ workerHost, workerPort }: Config, logger: Logger): void {
  const options = {
    logger: temporalLogger(logger),
    shutdownSignals: [], // The caller's AbortSignal decides.
  };
  // Messages of the SDK's native core go the same way, as JSON.
  const logging = { forward: {} };
  const bindAddress = `${isIPv6(workerHost) ? `[${workerHost}]` : workerHost}:${workerPort}`;
  try {
    Runtime.install({ ...options, telemetryOptions: { logging, metrics: { prometheus: { bindAddress } } } });
  } catch (thrown) {
    // The SDK has no type for this error.
    if (!messageOf(thrown).includes('prometheus')) throw thrown;
    Runtime.install({ ...options, telemetryOptions: { logging } });
    logger.warn({ bindAddress, err: thrown }, 'no metrics: set DAYBREAK_WORKER_PORT for another port');
  }
}

/**
 * Lines of workflows and activities name the pipeline, the date and the run. Errors include their message and stack.
 */
export function temporalLogger(logger: Logger): DefaultLogger {
  const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;
  return new DefaultLogger('INFO', ({ level: of, message, meta: { error, ...meta } = {} }) => {
    logger[levels[of]]({ ...runOf(meta), ...meta, ...(error !== undefined && { err: error as unknown }) }, message);
  });
}

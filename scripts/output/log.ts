import pino, { type Logger } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { visible, visibleLines } from '../../domain/visible';
import { errorInLog } from '../demo/error-in-log';
import { CLOSED_PIPE } from './unwritable';

interface Destination {
  write(text: string): unknown;
}

/** Standard output, for a log. `onUnwritable` is called if it can no longer be written, with the exit code for that. */
export function standardLog(onUnwritable: (exitCode: number) => void): Destination {
  // Pino drops what it cannot write to a closed pipe.
  return pino.destination(1).on('error', (cause: NodeJS.ErrnoException) => {
    onUnwritable(cause.code === 'EPIPE' ? CLOSED_PIPE : 1);
  });
}

/**
 * A logger: one JSON document a line, or text for people on a terminal.
 *
 * @param level the least severe level that is logged.
 */
export function createLogger(
  level: string,
  destination: Destination = pino.destination(1),
  isTerminal = process.stdout.isTTY,
): Logger {
  const pretty = prettyFactory({});
  const shown = (json: string): string => (isTerminal ? pretty(readable(JSON.parse(json))) : visibleLines(json));
  return pino(
    { level, serializers: { err: errorInLog }, formatters: { level: (label) => ({ level: label }) } },
    { write: (json) => destination.write(shown(json)) },
  );
}

/** An entry with visible names and values. A stack keeps its lines. */
function readable(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return name === 'stack' ? visibleLines(value) : visible(value);
  if (Array.isArray(value)) return value.map((one) => readable(one));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [visible(key), readable(one, key)]));
}

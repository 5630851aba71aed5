import pino, { type Logger } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { visible, visibleLines } from '../../domain/visible';
import { errorInLog } from '../demo/error-in-log';

interface Destination {
  write(text: string): unknown;
}

/**
 * A logger on standard output: JSON, a line each; on a terminal as people read it.
 *
 * @param level the least severe.
 */
export function createLogger(
  level: string,
  destination: Destination = pino.destination(1),
  isTerminal = process.stdout.isTTY,
): Logger {
  const pretty = prettyFactory({});
  const shown = (json: string): string => (isTerminal ? pretty(readable(JSON.parse(json))) : visibleLines(json));
  return pino({ level, serializers: { err: errorInLog } }, { write: (json) => destination.write(shown(json)) });
}

/** An entry whose names and values are visible; of a stack the lines stay. */
function readable(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return name === 'stack' ? visibleLines(value) : visible(value);
  if (Array.isArray(value)) return value.map((one) => readable(one));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [visible(key), readable(one, key)]));
}

import { InvalidArgumentError, Option } from 'commander';
import { LEAST_PORT, MOST_PORT } from '../../domain/ports';

/** `--port-base N`, or DAYBREAK_PORT_BASE: selects one of several stacks on this machine. */
export function portBaseOption(): Option {
  return new Option('--port-base <port>', "first of 13 consecutive ports (default: the servers' standard ports)")
    .env('DAYBREAK_PORT_BASE')
    .argParser((text) => {
      const port = Number(text);
      if (!Number.isInteger(port) || port < LEAST_PORT || port > MOST_PORT) {
        throw new InvalidArgumentError(`It must be a port from ${LEAST_PORT} to ${MOST_PORT}.`);
      }
      return port;
    });
}

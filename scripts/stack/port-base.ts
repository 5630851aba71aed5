import { InvalidArgumentError, Option } from 'commander';

/** `--port-base N`, or DAYBREAK_PORT_BASE: selects one of several stacks on this machine. */
export function portBaseOption(): Option {
  return new Option('--port-base <port>', "first of 13 consecutive ports (default: the servers' standard ports)")
    .env('DAYBREAK_PORT_BASE')
    .argParser((text) => {
      const port = Number(text);
      if (!Number.isInteger(port) || port < 1024 || port > 65_000) {
        throw new InvalidArgumentError('It must be a port from 1024 to 65000.');
      }
      return port;
    });
}

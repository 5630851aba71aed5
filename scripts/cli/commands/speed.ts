import { Command, InvalidArgumentError } from 'commander';
import { MAXIMUM_SHARDS } from '../../../domain/speed-shard';
import type { SpeedOptions, StartOptions, StopOptions, WatchOptions } from '../actions/speed';

/** Only `start` and `status` need the pipeline's folder: what is gone or broken can still be held and stopped. */
export function speedCommand(): Command {
  const group = new Command('speed').description('the realtime layer: events → transform → Kafka → Druid');
  group.addCommand(
    subcommand('start', 'start it; where it runs already it goes on')
      .option('--shards <n>', 'how many activities share the partitions', shardCount, 1)
      .option('--anew', 'end one that runs first, as where its workflow is stuck; each event stays there once', false)
      .action(async (options: StartOptions) => (await import('../actions/speed')).start(options)),
  );
  for (const [name, description] of [
    ['pause', 'commit what is under way, then hold'],
    ['resume', 'go on where the pause held'],
  ] as const) {
    group.addCommand(
      subcommand(name, description).action(async (options: SpeedOptions) =>
        (await import('../actions/speed'))[name](options),
      ),
    );
  }
  group.addCommand(
    subcommand('stop', 'end it, once what is under way is committed; topics and Druid’s supervisor stay')
      .option('--now', 'end it at once, as where no worker is left', false)
      .action(async (options: StopOptions) => (await import('../actions/speed')).stop(options)),
  );
  group.addCommand(
    subcommand('scale', 'share the partitions over another number of activities')
      .argument('<shards>', 'how many', shardCount)
      .action(async (shards: number, options: SpeedOptions) =>
        (await import('../actions/speed')).scale(shards, options),
      ),
  );
  group.addCommand(
    subcommand('status', 'offsets, lag, rate and dead letters by partition, and the supervisor’s health')
      .option('--watch', 'again every two seconds', false)
      .action(async (options: WatchOptions) => (await import('../actions/speed')).status(options)),
  );
  return group;
}

function subcommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--pipeline <name>', 'name of the pipeline', 'events')
    .option('--json', 'print JSON', false);
}

function shardCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > MAXIMUM_SHARDS)
    throw new InvalidArgumentError(`Give a number from 1 to ${MAXIMUM_SHARDS}.`);
  return value;
}

import { Command } from 'commander';
import { MAXIMUM_SHARDS } from '../../../domain/speed-shard';
import type { PauseOptions, SpeedOptions, StartOptions, StopOptions, WatchOptions } from '../actions/speed';
import { pipelineOption } from '../pipeline-option';
import { wholeNumberFrom } from '../whole-number';

/**
 * Only `start` and `status` need the pipeline's folder: the layer of a pipeline that is gone or broken can still be
 * paused and stopped.
 */
export function speedCommand(): Command {
  const group = new Command('speed').description('run the realtime layer: events → transform → Kafka → Druid');
  group.addCommand(
    subcommand('start', 'start the layer. If it runs already, it goes on')
      .option(
        '--shards <n>',
        'how many activities share the partitions (default: 1)',
        wholeNumberFrom(1, MAXIMUM_SHARDS),
      )
      .option(
        '--anew',
        'end a layer that runs and start another one, for example if its workflow is stuck. It goes on at the offsets that Kafka has committed',
        false,
      )
      .action(async (options: StartOptions) => (await import('../actions/speed')).start(options)),
  );
  group.addCommand(
    subcommand('pause', 'commit the work that was begun, then stop until resume. Waits until it is paused')
      .option('--no-wait', 'send the signal to pause, and end')
      .action(async (options: PauseOptions) => (await import('../actions/speed')).pause(options)),
  );
  group.addCommand(
    subcommand('resume', 'go on after a pause').action(async (options: SpeedOptions) =>
      (await import('../actions/speed')).resume(options),
    ),
  );
  group.addCommand(
    subcommand('stop', 'commit the work that was begun, then end the layer. Topics and Druid’s supervisor stay')
      .option('--now', 'end the layer at once, for example if there is no worker left', false)
      .action(async (options: StopOptions) => (await import('../actions/speed')).stop(options)),
  );
  group.addCommand(
    subcommand('scale', 'change the number of activities that share the partitions')
      .argument('<shards>', 'the new number', wholeNumberFrom(1, MAXIMUM_SHARDS))
      .action(async (shards: number, options: SpeedOptions) =>
        (await import('../actions/speed')).scale(shards, options),
      ),
  );
  group.addCommand(
    subcommand('status', 'show offset, lag, rate and dead letters of each partition, and the supervisor’s health')
      .option('--watch', 'show it again every two seconds', false)
      .action(async (options: WatchOptions) => (await import('../actions/speed')).status(options)),
  );
  return group;
}

function subcommand(name: string, description: string): Command {
  return new Command(name).description(description).addOption(pipelineOption()).option('--json', 'print JSON', false);
}

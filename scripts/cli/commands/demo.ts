import { Command, Option } from 'commander';
import type { DemoOptions } from '../../demo/demo';
import { wholeNumberFrom } from '../whole-number';

export const demoCommand = (): Command =>
  new Command('demo')
    .description('show the whole way of a day on real servers of its own: realtime, recompute, proof')
    .option('--once', 'stop everything at the end and exit, with 0 only if the proof holds', false)
    .option('--events <n>', 'distinct events of yesterday', wholeNumberFrom(1), 200_000)
    .addOption(
      new Option(
        '--storage <kind>',
        'keep the hourly files and the published days in a local S3 instead of folders',
      ).choices(['s3']),
    )
    .action(async (options: DemoOptions) => (await import('../../demo/demo')).run(options));

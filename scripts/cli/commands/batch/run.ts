import { Command, InvalidArgumentError, Option } from 'commander';
import { ACCEPTABLE_GATE_CODES, acceptanceIn, type Acceptance } from '../../../../domain/gate';
import type { RunOptions } from '../../actions/batch/run';
import { requiredDate } from '../../day-option';
import { pipelineOption } from '../../pipeline-option';

export function batchRunCommand(): Command {
  return new Command('run')
    .description('recompute a day and replace it in Druid, with proof')
    .addOption(requiredDate())
    .addOption(pipelineOption())
    .option('--force', 'build every hour again, also the unchanged ones', false)
    .addOption(
      new Option(
        '--accept <code...>',
        'go on even if the gate refuses the day with this code; CHECK_FAILED:<check> accepts one check',
      )
        .choices(ACCEPTABLE_GATE_CODES)
        .argParser(accepted)
        .default([], 'none'),
    )
    .option('--no-wait', 'start the run and return at once')
    .option('--json', 'print the result as JSON', false)
    .action(async (options: RunOptions) => (await import('../../actions/batch/run')).run(options));
}

function accepted(text: string, before: readonly Acceptance[]): Acceptance[] {
  const acceptance = acceptanceIn(text);
  if (acceptance !== undefined) return [...before, acceptance];
  throw new InvalidArgumentError(`Allowed choices are ${ACCEPTABLE_GATE_CODES.join(', ')}, CHECK_FAILED:<check>.`);
}

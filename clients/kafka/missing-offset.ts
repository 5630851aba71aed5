import { DaybreakError } from '../../domain/errors';
import { type GroupPartition, resetCommand } from './reset-command';

/**
 * Kafka 4 answers for some seconds that nothing was committed, if its group coordinator is elected again while it still
 * loads, as on a busy machine after a restart. Its log then says "Ignored load completion … because context is in ACTIVE
 * state". The answer is right again when it has loaded.
 */
export function missingOffset({ known, ...of }: GroupPartition & { readonly known?: number }): DaybreakError {
  return new DaybreakError('OFFSET_MISSING', {
    what:
      `Kafka knows no committed offset of group ${of.group} for ${of.topic}/${of.partition}, but one was committed` +
      (known === undefined ? '' : `: ${known} or a later one`),
    remedy:
      'Wait: a Kafka that has just started knows it when it has loaded its groups. If somebody deleted it, or the layer stood ' +
      `still for a week, say where to go on: ${resetCommand(of, known)} . If the topic was made anew, read it from its ` +
      `start: ${resetCommand(of, 'earliest')}`,
  });
}

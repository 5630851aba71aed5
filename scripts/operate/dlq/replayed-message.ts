import type { DeadLetter } from '../../../activities/speed/dead-letter';
import type { NewRecord } from '../../../clients/kafka';

/** Carries what a replayed message is known by when it becomes a dead letter again; the first of a message's headers. */
const REPLAY_HEADER = 'daybreak.replay-of';
const REPLAY_ID = /^\d+\/\d+ [\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/** The original message; what is known of its last failure goes, where it comes from stays. */
export function replayedMessage(letter: DeadLetter, run: string): NewRecord {
  const headers = replayOf(letter) === undefined ? letter.headers : letter.headers.slice(1);
  return {
    key: letter.key,
    value: letter.value,
    headers: [{ name: REPLAY_HEADER, value: replayIdOf(letter, run) }, ...headers],
  };
}

/**
 * Where a dead letter stands, and the replay that sent it.
 *
 * @param run a random UUID, which no producer knows: a header of the same name from one of them means nothing.
 */
export function replayIdOf({ partition, offset }: Pick<DeadLetter, 'partition' | 'offset'>, run: string): string {
  return `${partition}/${offset} ${run}`;
}

/** The id of the replay that failed again to become this letter; undefined where it is no such. */
export function replayOf({ headers: [first] }: Pick<DeadLetter, 'headers'>): string | undefined {
  const id = first?.name === REPLAY_HEADER ? first.value?.toString() : undefined;
  return id !== undefined && REPLAY_ID.test(id) ? id : undefined;
}

import type { DeadLetter } from '../../../activities/speed/dead-letter';
import type { NewRecord } from '../../../clients/kafka';

/** Identifies a replayed message if it becomes a dead letter again. It is the first header of a message. */
const REPLAY_HEADER = 'daybreak.replay-of';
const REPLAY_ID = /^\d+\/\d+ [\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/** The original message. The facts about its last failure are removed; its origin stays. */
export function replayedMessage(letter: DeadLetter, run: string): NewRecord {
  const headers = replayOf(letter) === undefined ? letter.headers : letter.headers.slice(1);
  return {
    key: letter.key,
    value: letter.value,
    headers: [{ name: REPLAY_HEADER, value: replayIdOf(letter, run) }, ...headers],
  };
}

/**
 * The position of a dead letter, and the replay that sent it.
 *
 * @param run a random UUID that no producer knows. So a producer's header of the same name has no meaning.
 */
export function replayIdOf({ partition, offset }: Pick<DeadLetter, 'partition' | 'offset'>, run: string): string {
  return `${partition}/${offset} ${run}`;
}

/**
 * The id of the replay whose message failed again and became this letter. Undefined if the letter is not from a replay.
 */
export function replayOf({ headers: [first] }: Pick<DeadLetter, 'headers'>): string | undefined {
  const id = first?.name === REPLAY_HEADER ? first.value?.toString() : undefined;
  return id !== undefined && REPLAY_ID.test(id) ? id : undefined;
}

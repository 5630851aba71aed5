import type { DeadLetter } from '../../activities/speed/dead-letter';
import type { NewRecord } from '../../clients/kafka';

/** Carries a replayed message's place in the dead-letter topic, by which its next dead letter is known. */
const REPLAY_HEADER = 'daybreak.replay-of';

/** The original message; what is known of its last failure goes, where it comes from stays. */
export function replayedMessage(letter: DeadLetter): NewRecord {
  const headers = letter.headers.filter(({ name }) => name !== REPLAY_HEADER);
  return {
    key: letter.key,
    value: letter.value,
    headers: [{ name: REPLAY_HEADER, value: placeOf(letter) }, ...headers],
  };
}

/** Where a dead letter stands, as text. */
export function placeOf({ partition, offset }: Pick<DeadLetter, 'partition' | 'offset'>): string {
  return `${partition}/${offset}`;
}

/** The place of the dead letter whose replay failed again to become this one; undefined where it is no such. */
export function replayOf(letter: DeadLetter): string | undefined {
  return letter.headers.find(({ name }) => name === REPLAY_HEADER)?.value?.toString();
}

import { deadLetterOf, parseDeadLetter, type DeadLetter } from '../../../activities/speed/dead-letter';
import { placeOf, replayedMessage, replayOf } from '../../../scripts/dlq/replayed-message';

const ORIGIN = { topic: 'events', partition: 2 };
const EVENT = {
  offset: 41,
  timestamp: 1_700_000_000_000,
  key: Buffer.from('k'),
  value: Buffer.from('{'),
  headers: [{ name: 'trace', value: Buffer.from('abc') }],
};

/** The dead letter of a message, read back from `offset` of partition 1 of the dead-letter topic. */
function putAside(message: Pick<typeof EVENT, 'key' | 'value' | 'headers'>, offset: number): DeadLetter {
  const { key, value, headers = [] } = deadLetterOf(ORIGIN, { ...EVENT, ...message }, 'BAD_RECORD', 'not JSON');
  const bytes = (text: Buffer | string | null) => (text === null ? null : Buffer.from(text));
  return parseDeadLetter(1, {
    offset,
    timestamp: 0,
    key: bytes(key),
    value: bytes(value),
    headers: headers.map((header) => ({ name: header.name, value: bytes(header.value) })),
  });
}

/** What a replay sends, as the speed layer reads it. */
function replay(letter: DeadLetter): Pick<typeof EVENT, 'key' | 'value' | 'headers'> {
  const { key, value, headers = [] } = replayedMessage(letter);
  return {
    key: Buffer.from(key ?? ''),
    value: Buffer.from(value ?? ''),
    headers: headers.map((header) => ({ name: header.name, value: Buffer.from(header.value ?? '') })),
  };
}

describe('the replay of a dead letter', () => {
  it('sends the original message without what was said of its failure', () => {
    const sent = replay(putAside(EVENT, 7));
    expect(sent).toMatchObject({ key: EVENT.key, value: EVENT.value });
    expect(sent.headers.map(({ name }) => name)).toEqual(['daybreak.replay-of', 'trace']);
  });

  it('is known by its place when it fails again, and again', () => {
    const first = putAside(EVENT, 7);
    const second = putAside(replay(first), 8);
    const third = putAside(replay(second), 9);
    expect([first, second, third].map(replayOf)).toEqual([undefined, placeOf(first), placeOf(second)]);
    expect(third.headers.map(({ name }) => name)).toEqual(['daybreak.replay-of', 'trace']);
  });
});

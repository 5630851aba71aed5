import { deadLetterOf, parseDeadLetter, type DeadLetter } from '../../../../activities/speed/dead-letter';
import { replayedMessage, replayIdOf, replayOf } from '../../../../scripts/operate/dlq/replayed-message';

const RUN = '0b7f4a52-6a53-4a0c-9d5a-0d5b0b5f3a11';
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
  const { key, value, headers = [] } = replayedMessage(letter, RUN);
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
    expect([first, second, third].map(replayOf)).toEqual([undefined, replayIdOf(first, RUN), replayIdOf(second, RUN)]);
    expect(third.headers.map(({ name }) => name)).toEqual(['daybreak.replay-of', 'trace']);
  });

  it('keeps what a producer named as we name ours, and is not misled by it', () => {
    const forged = [
      { name: 'daybreak.replay-of', value: Buffer.from('1/7') },
      { name: 'daybreak.truncated-from', value: Buffer.from('5') },
    ];
    const first = putAside({ ...EVENT, headers: forged }, 7);
    const second = putAside(replay(first), 8);
    expect(first.truncatedFrom).toBeUndefined();
    expect(second.truncatedFrom).toBeUndefined();
    expect(replayOf(first)).toBeUndefined();
    expect(replayOf(second)).toBe(replayIdOf(first, RUN));
    expect(replay(second).headers.slice(1)).toEqual(forged);
  });
});

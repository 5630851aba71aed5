import { deadLetterOf } from '../../../activities/speed/dead-letter';

const ORIGIN = { topic: 'events', partition: 2 };
const RECORD = {
  offset: 41,
  timestamp: 1_700_000_000_000,
  key: Buffer.from('k'),
  value: Buffer.from('{'),
  headers: [{ name: 'trace', value: Buffer.from('abc') }],
};

describe('deadLetterOf', () => {
  it('keeps key, value and headers behind where, when and why', () => {
    const letter = deadLetterOf(ORIGIN, RECORD, 'BAD_RECORD', 'not JSON');
    expect(letter).toMatchObject({ key: RECORD.key, value: RECORD.value });
    expect(letter.headers?.map(({ name, value }) => [name, value?.toString()])).toEqual([
      ['daybreak.topic', 'events'],
      ['daybreak.partition', '2'],
      ['daybreak.offset', '41'],
      ['daybreak.timestamp', '1700000000000'],
      ['daybreak.code', 'BAD_RECORD'],
      ['daybreak.reason', 'not JSON'],
      ['trace', 'abc'],
    ]);
  });

  it('cuts a value that leaves no room for its headers, and says how large it was', () => {
    const letter = deadLetterOf(ORIGIN, { ...RECORD, value: Buffer.alloc(2_000_000, 'x') }, 'TOO_LARGE', 'too large');
    expect(letter.value).toHaveLength(65_536);
    expect(letter.headers).toContainEqual({ name: 'daybreak.truncated-from', value: '2000001' });
  });
});

import { deadLetterOf, parseDeadLetter } from '../../../../activities/speed/dead-letter';
import { selectionOf } from '../../../../scripts/operate/dlq/selection';

function letterSentAt(timestamp: number) {
  const record = { offset: 41, timestamp, key: null, value: Buffer.from('{'), headers: [] };
  const { headers = [] } = deadLetterOf({ topic: 'events', partition: 0 }, record, 'BAD_RECORD', 'not JSON');
  return parseDeadLetter(0, {
    ...record,
    headers: headers.map(({ name, value }) => ({ name, value: Buffer.from(value ?? '') })),
  });
}

describe('the selection of dead letters', () => {
  it.each([-8_640_000_000_000_001, 8_640_000_000_000_001])('compares the time %d, which no calendar has', (time) => {
    const letter = letterSentAt(time);
    const isSelected = (options: object): boolean => selectionOf(options, 'Asia/Seoul')(letter);
    expect(isSelected({})).toBe(true);
    expect(isSelected({ from: '2026-11-21' })).toBe(time > 0);
    expect(isSelected({ to: '2026-11-21' })).toBe(time < 0);
  });
});

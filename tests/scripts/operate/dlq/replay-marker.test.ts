import { markedRanges, replayMarker } from '../../../../scripts/operate/dlq/replay-marker';

/** The record as it is read back. */
function read(marker: ReturnType<typeof replayMarker>) {
  const headers = (marker.headers ?? []).map(({ name, value }) => ({ name, value: Buffer.from(value ?? '') }));
  return { value: null, headers };
}

describe('the marker of a replay', () => {
  const ranges = [
    { first: 5, last: 9 },
    { first: 12, last: 12 },
  ];

  it('holds offsets of its own partition', () => {
    const marker = replayMarker(1, ranges);
    expect(marker.partition).toBe(1);
    expect(markedRanges(read(marker))).toEqual(ranges);
  });

  it('is not taken for a dead letter, nor a dead letter for it', () => {
    const { headers } = read(replayMarker(0, ranges));
    expect(markedRanges({ value: Buffer.from('{'), headers })).toBeUndefined();
    expect(markedRanges({ value: null, headers: [...headers, ...headers] })).toBeUndefined();
    expect(markedRanges({ value: null, headers: [] })).toBeUndefined();
  });
});

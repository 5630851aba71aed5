import { addedSince } from '../../../activities/speed/committed-counts';

const since = '2026-11-26T00:00:00.000Z';
const before = { since, events: 10, rows: 9, deadLetters: 1 };

it('gives what was committed in between', () => {
  expect(addedSince({ since, events: 15, rows: 13, deadLetters: 2 }, before)).toEqual({
    events: 5,
    rows: 4,
    deadLetters: 1,
  });
});

it('gives nothing where a transaction was lost after its acknowledgement, since a metric cannot go back', () => {
  expect(addedSince({ since, events: 4, rows: 4, deadLetters: 0 }, before)).toEqual({
    events: 0,
    rows: 0,
    deadLetters: 0,
  });
});

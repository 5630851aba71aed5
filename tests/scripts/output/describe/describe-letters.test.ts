import { DaybreakError } from '../../../../domain/errors';
import type { Pipeline } from '../../../../domain/pipeline';
import { parseBusinessDate } from '../../../../domain/business-date';
import { loadPipeline } from '../../../../engines/load-pipeline';
import { lettersByDay, recomputes } from '../../../../scripts/operate/dlq/event-days';
import {
  describeReplay,
  describeTotal,
  readableLetter,
  type ReplayOutcome,
} from '../../../../scripts/output/describe/describe-letters';

let pipeline: Pipeline;
beforeAll(async () => {
  ({ pipeline } = await loadPipeline('pipelines/events'));
});

const [sealed, open] = [new Date('2026-11-20T14:59:59Z'), new Date('2026-11-20T15:00:00Z')];

function outcome(seal: string | null | undefined, changed: Partial<ReplayOutcome> = {}): string {
  const days = lettersByDay([sealed, open, sealed], pipeline, seal);
  const nothing = { byCode: {}, truncated: 0, notSelected: 0, tooLarge: [], settled: true, failed: [] };
  const druidAnswered = seal !== undefined;
  const recompute = recomputes('events', days);
  return describeReplay(pipeline, { replayed: 3, ...nothing, druidAnswered, days, recompute, ...changed }, 30).join(
    '\n',
  );
}

it('counts apart what realtime does not serve, with the command for each day', () => {
  const text = outcome('2026-11-20T15:00:00.000Z');
  expect(text).toContain('3 went through, of which 2 are of days that are sealed: realtime does not serve them');
  expect(text).toContain('\n  npx daybreak batch run --pipeline events --date 2026-11-20\n');
  expect(text).not.toContain('2026-11-21');
});

it('has nothing to recompute where nothing is sealed', () => {
  expect(outcome(null)).toMatch(/\n3 went through$/);
});

it('says that it does not know the seal while Druid is away, and gives the days', () => {
  const text = outcome(undefined);
  expect(text).toContain('Druid does not say which days are sealed');
  expect(text).toContain('by day: 2026-11-20: 2, 2026-11-21: 1');
});

it('claims of nothing that it went through while the speed layer has not read it', () => {
  const text = outcome(null, { settled: false });
  expect(text).toContain('had not read them all after 30 s');
  expect(text).not.toContain('went through');
});

it('names what the broker refuses as too large, by place and bytes, and what to do', () => {
  const origin = { topic: 'events', partition: 2, offset: 41 };
  const letter = { partition: 0, offset: 7, origin, bytes: 1_100_000 };
  const text = outcome(null, { tooLarge: [letter, { ...letter, bytes: 5 }] });
  expect(text).toContain('2 dead letters refused as too large and still pending:\n  events/2/41: 1100000 bytes\n');
  expect(text).toContain('→ Raise max.message.bytes of events to 1101024 or more, and replay again.');
  const many = outcome(null, { tooLarge: Array<typeof letter>(50).fill(letter) });
  expect(many).toContain('\n  and 30 others\n');
});

it('counts events without a time last, sealed or not unknown', () => {
  expect(lettersByDay([undefined, open], pipeline, '2026-11-20T15:00:00.000Z')).toEqual([
    { date: parseBusinessDate('2026-11-21'), letters: 1, sealed: false },
    { date: null, letters: 1, sealed: null },
  ]);
});

it('gives programs every value of a header that comes twice', () => {
  const headers = [
    { name: 'trace', value: Buffer.from('a') },
    { name: 'source', value: Buffer.from('b') },
    { name: 'trace', value: null },
  ];
  const letter = {
    ...{ partition: 0, offset: 1, origin: { topic: 'events', partition: 0, offset: 1 } },
    ...{ timestamp: '2026-11-20T15:00:00.000Z', sentAt: 0, code: 'BAD_RECORD' as const, reason: 'no JSON' },
  };
  expect(readableLetter({ ...letter, key: null, value: null, headers })).toMatchObject({
    headers: { trace: ['a', null], source: 'b' },
  });
});

it('does not say that it waited where the replay failed, and says what was sent', () => {
  const failure = new DaybreakError('KAFKA_UNREACHABLE', { what: 'a transaction is open', remedy: 'Try again.' });
  const text = outcome(null, { settled: false, failure });
  expect(text).toBe('3 dead letters sent to events again\n3 sent and not failed so far');
});

it('says how many letters there are, and when the table has only the first', () => {
  const letters = { topic: 'events_dlq', total: 3, byCode: { BAD_RECORD: 2, NULL_VALUE: 1 } };
  const all = '3 dead letters in events_dlq: 2 BAD_RECORD, 1 NULL_VALUE';
  expect(describeTotal({ ...letters, shown: 3 })).toBe(all);
  expect(describeTotal({ ...letters, total: 1, byCode: {}, shown: 1 })).toBe('1 dead letter in events_dlq');
  expect(describeTotal({ ...letters, shown: 2 })).toBe(`${all}; the first 2 are shown, --limit shows more`);
});

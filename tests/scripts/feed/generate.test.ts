import fc from 'fast-check';
import { parseBusinessDate } from '../../../domain/business-date';
import { type FeedOptions, type FeedRecord, generateFeed } from '../../../scripts/feed/generate';
import type { HelloEvent } from '../../../scripts/feed/hello-events';
import { dayInstants } from '../../../scripts/feed/instants';
import { FeedTally, fileLinesOf, kafkaMessagesOf } from '../../../scripts/feed/tally';

const DAY = parseBusinessDate('2026-11-21');
const OPTIONS: FeedOptions = {
  seed: 1,
  timeZone: 'Asia/Seoul',
  duplicates: 0.05,
  late: 0.05,
  bad: 0.02,
  maximumDelay: 3 * 3_600_000,
};

function day(options: Partial<FeedOptions> = {}, events = 5_000): FeedRecord<HelloEvent>[] {
  const all = { ...OPTIONS, ...options };
  return [...generateFeed(all, dayInstants(DAY, all.timeZone, events, 'daily'))];
}

describe('generateFeed', () => {
  it('gives the same records for the same seed, and others for another', () => {
    expect(day()).toEqual(day());
    expect(day({ seed: 2 })).not.toEqual(day());
  });

  it("writes each event as fluentd's dummy source does, with ids from 0 and its local time", () => {
    const texts = day({ duplicates: 0, late: 0, bad: 0 }, 24).map(({ text }) => text);

    expect(texts[0]).toMatch(/^\{"hello":"ssm-seoul","id":0,"time":"2026-11-21 0\d:\d\d:\d\d"\}$/);
    expect(texts.at(-1)).toMatch(/^\{"hello":"ssm-seoul","id":23,"time":"2026-11-21 2\d:\d\d:\d\d"\}$/);
  });

  it('makes exactly the asked number of distinct valid events, however many are late, doubled or bad', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 500 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seed, events, share) => {
          const records = day({ seed, duplicates: share, late: share, bad: share }, events);
          const first = records.filter(({ kind }) => kind === 'event');
          expect(new Set(first.map(({ text }) => text)).size).toBe(events);
          expect(first).toHaveLength(events);
          expect(first.every(({ text, event }) => text === JSON.stringify(event))).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('delivers a duplicate after the event itself, byte for byte, to Kafka, to the files, or to both', () => {
    const records = day();
    const firsts = new Map(records.map((record, index) => [record.kind === 'event' ? record.text : '', index]));
    const duplicates = records.flatMap((record, index) => (record.kind === 'duplicate' ? [{ record, index }] : []));

    expect(duplicates.every(({ record, index }) => (firsts.get(record.text) ?? Infinity) < index)).toBe(true);
    expect(new Set(duplicates.map(({ record }) => `${record.toKafka} ${record.toFile}`))).toEqual(
      new Set(['true false', 'false true', 'true true']),
    );
  });

  it("lets late events arrive after younger ones, in their own hour's file", () => {
    const records = day();
    const late = records.filter((record) => record.kind === 'event' && record.late);
    const latest = (before: number): string =>
      records
        .slice(0, before)
        .reduce((time, { event }) => (event !== undefined && event.time > time ? event.time : time), '');

    expect(late.length).toBeGreaterThan(100);
    for (const record of late.slice(0, 50)) {
      expect(latest(records.indexOf(record)) > (record.event?.time ?? '')).toBe(true);
      expect(record.hour).toBe(record.event?.time.replaceAll('-', '').replace(' ', '.').slice(0, 11));
    }
  });

  it('spoils bad records so that none of them is a valid event', () => {
    const bad = day({ bad: 0.5 }).filter(({ kind }) => kind === 'bad');
    const valid = bad.filter(({ text }) => {
      try {
        const { id, time } = JSON.parse(text) as { id?: unknown; time?: unknown }; // Anything that JSON can say.
        return typeof id === 'number' && typeof time === 'string' && !Number.isNaN(Date.parse(time));
      } catch {
        return false;
      }
    });

    expect(bad.length).toBeGreaterThan(2_000);
    expect(valid).toEqual([]);
  });

  it.each([
    ['Asia/Seoul', '2026-11-21', 24],
    ['Europe/Berlin', '2026-03-29', 23],
    ['Europe/Berlin', '2026-10-25', 24],
  ])('covers each local hour of a day in %s on %s', (timeZone, date, hours) => {
    const options = { ...OPTIONS, timeZone, late: 0, bad: 0 };
    const tally = new FeedTally();
    for (const record of generateFeed(options, dayInstants(parseBusinessDate(date), timeZone, 5_000, 'even'))) {
      tally.add(record);
    }

    expect(tally.hours.size).toBe(hours);
    expect([...tally.hours.keys()].every((hour) => hour.startsWith(date.replaceAll('-', '')))).toBe(true);
  });
});

describe('FeedTally', () => {
  it('counts by hour what arrives where', () => {
    const records = day();
    const tally = new FeedTally();
    records.forEach((record) => {
      tally.add(record);
    });

    expect(tally.total.events).toBe(5_000);
    expect(kafkaMessagesOf(tally.total)).toBe(records.filter(({ toKafka }) => toKafka).length);
    expect(fileLinesOf(tally.total)).toBe(records.filter(({ toFile }) => toFile).length);
    expect(tally.hours.get('20261121.15')?.events).toBe(
      records.filter(({ kind, event }) => kind === 'event' && event?.time.startsWith('2026-11-21 15')).length,
    );
  });
});

import { parseBusinessDate } from '../../../domain/business-date';
import { openMicroBatch } from '../../../engines/duckdb/micro-batch';
import { loadPipeline } from '../../../engines/load-pipeline';
import { readSettings } from '../../../engines/pipeline/read-pipeline';
import { clickEvents } from '../../../scripts/feed/click-events';
import { eventKindOf } from '../../../scripts/feed/event-kind';
import { type FeedRecord, generateEvents } from '../../../scripts/feed/generate';
import { helloEvents } from '../../../scripts/feed/hello-events';
import { dayInstants } from '../../../scripts/feed/instants';

const ZONE = 'Europe/Berlin';
/** Its clocks go forward at 02:00. */
const DAY = parseBusinessDate('2026-03-29');
const KINDS = [helloEvents, clickEvents];

function day(bad: number, events = 3_000, seed = 1): FeedRecord[] {
  const options = { seed, timeZone: ZONE, duplicates: 0.05, late: 0.05, bad, maximumDelay: 3_600_000 };
  return [...generateEvents(clickEvents, options, dayInstants(DAY, ZONE, events, 'even'))];
}

it.each([
  ['events', helloEvents],
  ['clicks', clickEvents],
])('makes the events of pipelines/%s', async (name, kind) => {
  expect(eventKindOf<unknown>(await readSettings(`pipelines/${name}`), KINDS)).toBe(kind);
});

it('makes none for a pipeline with other columns', async () => {
  const rides = await readSettings('pipelines/rides');
  expect(() => eventKindOf<unknown>(rides, KINDS)).toThrow(
    /pipelines\/events or pipelines\/clicks, but those of pipeline 'rides' are others/,
  );
});

it('gives the same clicks for the same seed, and others for another', () => {
  expect(day(0.1)).toEqual(day(0.1));
  expect(day(0, 20, 2).map(({ text }) => text)).not.toEqual(day(0, 20, 1).map(({ text }) => text));
});

it('writes the time with the offset that the zone has then', () => {
  const times = day(0, 23).map(({ text }) => (JSON.parse(text) as { '@timestamp': string })['@timestamp']);
  expect(times.sort().slice(0, 3)).toEqual([
    '2026-03-29T00:30:00.000+0100',
    '2026-03-29T01:30:00.000+0100',
    '2026-03-29T03:30:00.000+0200',
  ]);
});

it('makes clicks that the pipeline takes, but for bots, and bad records that it refuses', async () => {
  const records = day(0.3);
  const transform = await openMicroBatch(await loadPipeline('pipelines/clicks'));
  const { messages, rejects, wrong } = await transform.run(records.map(({ text }) => Buffer.from(text)));
  transform.close();
  const indexesOf = (isWanted: (record: FeedRecord) => boolean): number[] =>
    records.flatMap((record, index) => (isWanted(record) ? [index] : []));
  const isBad = ({ kind }: FeedRecord): boolean => kind === 'bad';
  expect(rejects.map(({ index }) => index)).toEqual(indexesOf(isBad));
  expect(new Set(rejects.map(({ reason }) => reason.split(/[ (]/, 1)[0])).size).toBeGreaterThan(4);
  const people = indexesOf((record) => !isBad(record) && !record.text.includes('"bot":true'));
  expect(messages).toHaveLength(people.length);
  expect(people.length).toBeLessThan(records.length - rejects.length);
  expect(wrong).toMatchObject({ free_product: 0 });
});

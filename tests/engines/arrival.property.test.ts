import { TZDate } from '@date-fns/tz';
import { format } from 'date-fns';
import fc from 'fast-check';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  businessDateOf,
  dayInterval,
  parseBusinessDate,
  shiftDate,
  type BusinessDate,
} from '../../domain/business-date';
import { runDayBuild } from '../../engines/build-day';
import { loadPipeline } from '../../engines/load-pipeline';
import { rowsOf, scratchFolder, writeFiles } from './scratch';

const root = scratchFolder();

const ZONES = [
  'UTC',
  'Asia/Seoul',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'America/New_York',
  'America/Santiago',
  'Africa/Cairo',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'Atlantic/Azores',
];
/** Days on which some of these zones change their clocks, and days around the new year. */
const DATES = [
  '2026-03-08',
  '2026-03-29',
  '2026-04-05',
  '2026-09-06',
  '2026-10-04',
  '2026-10-25',
  '2026-11-01',
  '2026-12-31',
];
const FORMATS = {
  iso: (at: number, zone: string) => JSON.stringify(format(new TZDate(at, zone), "yyyy-MM-dd'T'HH:mm:ss.SSSXXX")),
  'epoch-milliseconds': (at: number) => String(at),
  'yyyy-MM-dd HH:mm:ss.SSS': (at: number, zone: string) =>
    JSON.stringify(format(new TZDate(at, zone), 'yyyy-MM-dd HH:mm:ss.SSS')),
} as const;
const HOUR = 3_600_000;

const arrival = fc.record({
  /**
   * `at`: hours after the first day's noon, in UTC. `delay`: of the file, in hours. `isBad`: whether the record is bad.
   */
  at: fc.double({ min: 0, max: 48, noNaN: true }),
  delay: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.99, noNaN: true })),
  isBad: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  copies: fc.integer({ min: 1, max: 2 }),
});

const shipped = fc.record({
  zone: fc.constantFrom(...ZONES),
  names: fc.constantFrom(...ZONES),
  date: fc.constantFrom(...DATES),
  time: fc.constantFrom<keyof typeof FORMATS>('iso', 'epoch-milliseconds', 'yyyy-MM-dd HH:mm:ss.SSS'),
  wholeRecord: fc.boolean(),
  arrivals: fc.array(arrival, { minLength: 20, maxLength: 60 }),
});

function yaml(zone: string, names: string, time: string, wholeRecord: boolean): string {
  return `name: events
timeZone: ${zone}
events:
  columns: { time: ${time.startsWith('epoch') ? 'BIGINT' : 'VARCHAR'}, id: BIGINT }
  time: { column: time, format: "${time}" }${wholeRecord ? '' : '\n  identity: [id]'}
files: { pattern: "ev.%Y%m%d.%H*.json", timeZone: ${names} }
kafka: { topic: events, outputTopic: events_out, key: id }
druid: { datasource: events }
`;
}

const idOf = (row: string): number => Number(/"id":(\d+)/.exec(row)?.[1]);

it('has every record of a shipper that files by arrival in exactly one day, and bad ones in one quarantine', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(shipped, async ({ zone, names, date, time, wholeRecord, arrivals }) => {
      const folder = join(root, String((run += 1)));
      const files: Record<string, string> = {};
      const expected = new Map<BusinessDate, number[]>();
      const bad: number[] = [];
      const noon = Date.parse(`${date}T12:00:00Z`);
      const days = [-1, 0, 1, 2, 3].map((back) => shiftDate(parseBusinessDate(date), back));
      const fileAt = (instant: number): string => `ev.${format(new TZDate(instant, names), 'yyyyMMdd.HH')}.json`;
      // A day without any file of its own is refused.
      for (const day of days) files[fileAt(Date.parse(dayInterval(day, zone).start) + 12 * HOUR)] = '';
      arrivals.forEach(({ at, delay, isBad, copies }, id) => {
        const instant = noon + Math.floor(at * HOUR);
        const text = isBad ? `{"id":${id}` : `{"time":${FORMATS[time](instant, zone)},"id":${id}}`;
        const file = fileAt(instant + delay * HOUR);
        files[file] = (files[file] ?? '') + `${text}\n`.repeat(isBad ? 1 : copies);
        if (isBad) {
          bad.push(id);
        } else {
          const day = businessDateOf(new Date(instant), zone);
          expected.set(day, [...(expected.get(day) ?? []), id]);
        }
      });
      await writeFiles(join(folder, 'events'), {
        'pipeline.yaml': yaml(zone, names, time, wholeRecord),
        'transform.sql': 'SELECT e.time, e.id FROM events e',
      });
      await writeFiles(join(folder, 'in'), files);
      const loaded = await loadPipeline(join(folder, 'events'));
      const output = join(folder, 'out');
      const quarantined: number[] = [];
      for (const day of days) {
        const options = { date: day, input: join(folder, 'in'), output, engine: 'duckdb', threads: 1 } as const;
        const { counts, quarantine } = await runDayBuild(loaded, options);
        const ids = (await rowsOf(output, day)).map(idOf).sort((a, b) => a - b);
        expect(ids).toEqual((expected.get(day) ?? []).sort((a, b) => a - b));
        expect(counts.read).toBe(counts.written + counts.duplicates + counts.quarantined + counts.outsideDay);
        if (quarantine === undefined) continue;
        const lines = (await readFile(join(output, day, quarantine.file), 'utf8')).trim().split('\n');
        quarantined.push(...lines.map((line) => idOf((JSON.parse(line) as { text: string }).text)));
      }
      expect(quarantined.sort((a, b) => a - b)).toEqual(bad);
      await rm(folder, { recursive: true });
    }),
    { numRuns: Number(process.env['DAYBREAK_PROPERTY_RUNS'] ?? 6) },
  );
});

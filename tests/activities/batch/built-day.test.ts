import { builtDayOf } from '../../../activities/batch/built-day';
import type { DayManifest } from '../../../domain/day-manifest';
import { stateText } from '../../../engines/versions/build-state';
import type { DayOutput } from '../../../engines/versions/day-output';

const FILES = 100_000;

it('is small enough for a history, whatever the number of input files', async () => {
  const inputs = Array.from({ length: FILES }, (_, index) => ({
    file: `dt=2026-11-21/hour=${String(index % 24).padStart(2, '0')}/${'part'.repeat(20)}-${index}.json.gz`,
    hour: String(index % 24).padStart(2, '0'),
    bytes: 1,
    sha256: 'a'.repeat(64),
  }));
  const hours = Array.from({ length: 24 }, (_, hour) => ({
    ...{ hour: String(hour).padStart(2, '0'), file: `${hour}.ndjson`, bytes: 1, sha256: 'b'.repeat(64) },
    ...{ written: 1, filtered: 0, multiplied: 0, duplicates: 0, unmatched: 0, misfiled: 0 },
  }));
  const manifest = {
    ...{ inputs, hours, missingHours: [], counts: { read: 1, kept: 1, duplicates: 0, quarantined: 0, outsideDay: 0 } },
    truncatedFiles: inputs.map(({ file }) => file),
    unreadFiles: inputs.map(({ file }) => ({ file, reason: 'it is a folder' })),
  } as unknown as DayManifest; // What a built day is made of.
  const sources = hours.map(({ hour }) => ({
    ...{ hour, stamps: [], read: 1, outsideDay: 0, quarantined: 0, misplaced: {}, quarantineBytes: 0 },
    truncatedFiles: inputs.map(({ file }) => file),
  }));
  const text = stateText({ rules: '6', sources, kept: {}, figures: {} } as unknown as Parameters<typeof stateText>[0]);
  const output = { readState: () => Promise.resolve(text) } as unknown as DayOutput; // The only method that is called.
  const built = await builtDayOf(output, { version: 'v', folder: 's3://bucket/.versions/2026-11-21/v', manifest });
  expect(built.truncated?.count).toBe(FILES);
  expect(JSON.stringify(built).length).toBeLessThan(20_000);
});

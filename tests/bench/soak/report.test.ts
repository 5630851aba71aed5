import { readFileSync } from 'node:fs';
import type { Sample } from '../../../bench/soak/measures';
import { asLines, fromLines, withSoak, type SoakRun } from '../../../bench/soak/report';
import { PAGE } from '../../../bench/torture/report';

const page = readFileSync(PAGE, 'utf8');
const run: SoakRun = {
  ...{ at: '2026-11-29T12:00:00.000Z', commit: '0aa330315d', minutes: 120, rate: 5_000, events: 36_000_000, days: 240 },
  problems: [],
};
const samples = Array.from({ length: 120 }, (_, minute): Sample => ({
  minute,
  memory: 300 + minute,
  lag: minute % 7,
  segments: minute,
}));

it('gives back what was written', () => {
  expect(fromLines(asLines(run, samples))).toEqual({ run, samples });
});

it('shows each measure, and whether it grows', () => {
  const text = withSoak(page, { run, samples });
  expect(text).toContain('120 minutes with 5,000 events a second: 36,000,000 events, and 240 days were recomputed');
  expect(text).toContain('None of the judged measures grew');
  expect(text).toMatch(/\| memory of the worker, MiB +\| +359 \| +399 \| +20 \| +yes \|/);
  expect(text).toMatch(/\| events that the speed layer has not read +\| +3 \| +3 \| +\d \| +no \|/);
  expect(text).toMatch(/\| segments .+ \| +not judged \|/);
});

it('says what was not as it must be', () => {
  const text = withSoak(page, { run: { ...run, problems: ['dead letters: 3 instead of 4'] }, samples });
  expect(text).toContain('Problems: dead letters: 3 instead of 4.');
  expect(text).not.toContain('None of the judged measures grew');
});

import { readFileSync } from 'node:fs';
import { INVARIANTS } from '../../../bench/torture/invariants';
import type { StoredRound } from '../../../bench/torture/record';
import { PAGE, withFigures } from '../../../bench/torture/report';
import { CYCLE, schedule } from '../../../bench/torture/schedule';

const page = readFileSync(PAGE, 'utf8');
const round = (faults: string[], realtimeSeconds: number, batchSeconds: number): StoredRound => ({
  ...{ at: '2026-11-28T12:00:00.000Z', commit: '0aa330315d', seed: 7, round: 1, faults, realtimeSeconds, batchSeconds },
  ...{ failures: ['BAD_TABLE'], seconds: 60, broken: [], asked: 100, answered: 90 },
});

it('says each invariant that is checked as a sentence', () => {
  for (const sentence of Object.values(INVARIANTS)) expect(page).toContain(sentence);
});

it('names each fault that a seed can begin', () => {
  const kinds = new Set(schedule(1, CYCLE).flatMap(({ faults }) => faults.map(({ kind }) => kind)));
  const names = {
    kill: 'kill -9',
    pause: 'SIGSTOP',
    slow: 'slow',
    cut: 'cut',
    full: 'full disk',
    s3: 'S3',
    jump: 'clock',
    twice: 'twice at once',
    edit: 'edited',
    'half-table': 'half',
  };
  expect([...kinds].sort()).toEqual(Object.keys(names).sort());
  for (const name of Object.values(names)) expect(page).toContain(name);
});

it('has a row for each fault of one process, one for all pairs, and one for what a person did', () => {
  const rounds = [
    round(['kill -9 kafka'], 3, 30),
    round(['kill -9 kafka', 'pipeline edited'], 5, 10),
    round(['stop worker', 'kill -9 druid-broker'], 8, 40),
  ];
  const text = withFigures(page, rounds);
  expect(text).toMatch(/3 rounds with 1 seed \(7\) in 3 minutes\..* 300 times .* 270 times\. No invariant broke\./);
  expect(text).toMatch(/\| kill -9 kafka +\| +2 \| +3\.0 \| +5\.0 \| +10\.0 \| +30\.0 \|/);
  expect(text).toMatch(/\| two processes at once +\| +1 \| +8\.0 \| +8\.0 \| +40\.0 \| +40\.0 \|/);
  expect(text).toMatch(/\| pipeline edited +\| +1 \|/);
  expect(text).toContain('it shows what is down): BAD_TABLE 3.');
});

it('counts kinds of faults, and pairs of processes whatever their order and their fault', () => {
  const faults = [
    ['kill -9 kafka', 'stop worker'],
    ['stop worker', 'stop kafka', 'pipeline edited'],
    ['stop worker', 'kill -9 temporal'],
    ['cut network to kafka'],
    ['slow network to kafka'],
    ['full disk of output', 'table half written'],
    ['full disk of kafka'],
    ['clock of worker jumps by 90 s'],
    ['s3 cut'],
  ];
  const text = withFigures(
    page,
    faults.map((of) => round(of, 1, 1)),
  );
  expect(text).toContain('They had 9 kinds of fault, and 2 pairs of processes with a fault at once.');
});

it('says which invariants broke', () => {
  const broken = [{ invariant: 'once', pipeline: 'p', what: '1 row is missing' }] as const;
  expect(withFigures(page, [{ ...round(['stop kafka'], 1, 2), broken }])).toContain(
    'Invariants broke, in so many rounds: once 1.',
  );
});

it('keeps what the page says beside its figures', () => {
  const [before] = page.split('<!-- figures');
  expect(withFigures(withFigures(page, []), [round(['stop kafka'], 1, 2)]).startsWith(before ?? '')).toBe(true);
});

// node --import tsx bench/batch/listing.ts: lists a day's input in a real S3 on this machine, beside many objects of
// other days and with many files of its own. DAYBREAK_BENCH_OBJECTS (default 100000) sets how many these are,
// DAYBREAK_BENCH_ROUNDS (default 5, odd) how often each is listed. Linux only.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseBusinessDate, shiftDate } from '../../domain/business-date';
import { forDate } from '../../domain/file-pattern';
import { print, progress } from '../../scripts/output/print';
import { table } from '../../scripts/output/table';
import { faultyProxy } from '../../tests/integration/support/faulty-proxy';
import { BUCKET, startS3 } from './bench-s3';
import { median, printGoals } from './figures';
import { measure, type Measured } from './measure';

const OBJECTS = Number(process.env['DAYBREAK_BENCH_OBJECTS'] ?? 100_000);
const ROUNDS = Number(process.env['DAYBREAK_BENCH_ROUNDS'] ?? 5);
const DAY = parseBusinessDate('2026-11-21');
const HOURS = 24;
/** What S3 gives in one answer. */
const PAGE = 1_000;
const HOURLY = 'names.%Y%m%d.%H.json';
const IN_PARTS = 'names.%Y%m%d.%H*.json';
/** Name, version and path of the copy of a file, and what of the answers is not collected yet. */
const KIBIBYTES_A_FILE = 3;

interface Case {
  readonly name: string;
  readonly location: string;
  readonly pattern: string;
  readonly keys: () => Iterable<string>;
}

interface Listed extends Measured {
  readonly requests: number;
}

const CASES = {
  alone: { name: 'a day of 24 files', location: `s3://${BUCKET}/alone`, pattern: HOURLY, keys: () => hourly(HOURS) },
  others: {
    name: `the same beside ${count(OBJECTS)} files of other days`,
    location: `s3://${BUCKET}/others`,
    pattern: HOURLY,
    keys: () => hourly(HOURS + OBJECTS),
  },
  some: {
    name: `a day of ${count(OBJECTS / 10)} files`,
    location: `s3://${BUCKET}/some`,
    pattern: IN_PARTS,
    keys: () => parts(OBJECTS / 10),
  },
  many: {
    name: `a day of ${count(OBJECTS)} files`,
    location: `s3://${BUCKET}/many`,
    pattern: IN_PARTS,
    keys: () => parts(OBJECTS),
  },
} satisfies Readonly<Record<string, Case>>;

async function main(): Promise<void> {
  const server = await startS3();
  const proxy = await faultyProxy(server.url);
  try {
    for (const one of Object.values(CASES)) fill(join(server.directory, 'versitygw', 'buckets', BUCKET), one);
    process.env['AWS_ENDPOINT_URL_S3'] = proxy.url;
    const rounds: Record<keyof typeof CASES, Listed[]> = { alone: [], others: [], some: [], many: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      rounds.alone.push(await list(CASES.alone, proxy.seen));
      rounds.others.push(await list(CASES.others, proxy.seen));
      rounds.some.push(await list(CASES.some, proxy.seen));
      rounds.many.push(await list(CASES.many, proxy.seen));
    }
    report(rounds);
  } finally {
    await proxy.close();
    await server.stop();
    rmSync(server.directory, { recursive: true, force: true });
  }
}

/**
 * Puts a case's files where versitygw has them: in the folder of their bucket, which takes a tenth of the time of an upload.
 * Files that it did not write have an empty ETag.
 */
function fill(bucket: string, { name, location, keys }: Case): void {
  const folder = join(bucket, location.slice(`s3://${BUCKET}/`.length));
  mkdirSync(folder);
  for (const key of keys()) writeFileSync(join(folder, key), '{}\n');
  progress(`made ${name}`);
}

/** Names of hours, back from those of the day. */
function* hourly(files: number): Generator<string> {
  for (let back = 0; back < files; back += 1) {
    const date = shiftDate(DAY, -Math.floor(back / HOURS));
    yield forDate(HOURLY, date).replace('%H', twoDigits(back % HOURS));
  }
}

/** Names of the day's hours, each of many files. */
function* parts(files: number): Generator<string> {
  for (let part = 0; part < files; part += 1) {
    yield forDate(IN_PARTS, DAY).replace('%H*', `${twoDigits(part % HOURS)}_${Math.floor(part / HOURS)}`);
  }
}

function twoDigits(hour: number): string {
  return String(hour).padStart(2, '0');
}

async function list({ name, location, pattern }: Case, seen: readonly string[]): Promise<Listed> {
  const before = seen.length;
  const command = [process.execPath, '--import', 'tsx', 'bench/batch/list-day.ts', location, pattern];
  const measured = await measure(name, command);
  const requests = seen.length - before;
  progress(`${name}: ${measured.seconds} s, ${measured.peakMebibytes} MiB, ${requests} requests`);
  return { ...measured, requests };
}

function report(rounds: Readonly<Record<keyof typeof CASES, readonly Listed[]>>): void {
  const middle = (of: readonly Listed[], by: (one: Listed) => number): number => by(median(of, by));
  print(
    table([
      ['listed', 'seconds', 'CPU s', 'peak MiB', 'requests'],
      ...Object.values(rounds).map((of) => [
        of[0]?.name ?? '',
        middle(of, ({ seconds }) => seconds).toFixed(2),
        middle(of, ({ cpuSeconds }) => cpuSeconds).toFixed(1),
        String(middle(of, ({ peakMebibytes }) => peakMebibytes)),
        count(middle(of, ({ requests }) => requests)),
      ]),
    ]),
  );
  const { alone, others, many } = rounds;
  const peakOf = (of: readonly Listed[]): number => middle(of, ({ peakMebibytes }) => peakMebibytes);
  const requestsOf = (of: readonly Listed[]): number => middle(of, ({ requests }) => requests);
  printGoals([
    ['requests beside other days ÷ alone', requestsOf(others) / requestsOf(alone), 1],
    ['peak beside other days ÷ alone', peakOf(others) / peakOf(alone), 1.1],
    ['requests of many files, beyond their pages', requestsOf(many) - OBJECTS / PAGE, 3],
    ['KiB for each of many files', ((peakOf(many) - peakOf(alone)) * 1024) / OBJECTS, KIBIBYTES_A_FILE],
  ]);
}

function count(number: number): string {
  return number.toLocaleString('en-US');
}

void main();

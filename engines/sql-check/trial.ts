import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { DaybreakError, messageOf } from '../../domain/errors';
import type { Pipeline } from '../../domain/pipeline';
import { sha256 } from '../pipeline/pipeline-version';
import type { Columns } from '../model/loaded-pipeline';
import { sampleEvents, sampleOf } from './sample-times';
import { declaredColumnsSql, quoted } from '../duckdb/sql';
import { nodesOf, type SyntaxNode } from './transform-syntax';

/** In bytes: the limit for DuckDB's tables and results in a trial. */
const MEMORY = 256 * 1024 ** 2;
/** In bytes: the limit for its process, with Node's own memory and what DuckDB does not count. */
const RESIDENT = 1024 ** 3;
/** Processor time, so that a busy machine makes no difference. */
const SECONDS = 5;
/** For a process that cannot even enforce its own limits. */
const TIME_LIMIT_MS = 600_000;

/**
 * Functions whose result is no larger than their arguments, in time that grows with it. A transform that calls only
 * these, and no aggregate, needs no trial.
 */
const PLAIN = new Set(
  `
    + - * / // % & | ~ << >> ^@ abs round floor ceil ceiling trunc sign
    lower upper trim ltrim rtrim left right substr substring length strlen strpos
    starts_with ends_with prefix suffix contains nullif ifnull greatest least md5 hash
    strptime try_strptime date_trunc date_part epoch epoch_ms to_timestamp make_timestamp
    year month day hour minute second timezone
  `
    .trim()
    .split(/\s+/),
);

const passed = new Set<string>();

/**
 * Binds, plans and runs a transform once in a separate process, which ends if it takes too much: DuckDB computes
 * constants as soon as it binds them, and every worker pays the cost of a check at each load. Throws BAD_TRANSFORM if
 * the transform needs more than one small event can need, ENGINE_FAILED if the process cannot run.
 */
export async function tryTransform(pipeline: Pipeline, sql: string, select: SyntaxNode, file: string): Promise<void> {
  if (isPlain(select)) return;
  const trial = JSON.stringify({ ...trialOf(pipeline, sql), memory: MEMORY, resident: RESIDENT, seconds: SECONDS });
  const key = sha256(trial);
  if (passed.has(key)) return;
  const outcome = await run(trial);
  if (outcome === 'passed') {
    passed.add(key);
    return;
  }
  const limit = outcome === 'time' ? `${SECONDS} s of processor time` : `${RESIDENT / 1024 ** 2} MiB of memory`;
  throw new DaybreakError('BAD_TRANSFORM', {
    what: `${file}: its constants and one small event need more than ${limit}`,
    remedy: 'Take away what grows: long series, nested lists, texts that are repeated, patterns of many wildcards.',
  });
}

function isPlain(select: SyntaxNode): boolean {
  return [...nodesOf(select)].every(
    ({ class: kind, function_name: name }) =>
      kind !== 'LAMBDA' && kind !== 'SUBQUERY' && (kind !== 'FUNCTION' || PLAIN.has(String(name).toLowerCase())),
  );
}

function trialOf(pipeline: Pipeline, sql: string): { readonly setup: string[]; readonly tried: string[] } {
  const tables = Object.entries(pipeline.tables);
  const columnsSql = (columns: Columns): string =>
    Object.entries(columns)
      .map(([column, type]) => `${quoted(column)} ${type}`)
      .join(', ');
  const created = [
    ...tables.map(([name, { columns }]) => `CREATE TABLE ${quoted(name)} (${columnsSql(columns)})`),
    `CREATE TABLE events (${declaredColumnsSql(pipeline)})`,
  ];
  const rows = tables.map(([name, { columns }]) => [name, Object.values(columns).map(sampleOf)] as const);
  const filled = [...rows, ['events', sampleEvents(pipeline).at(-1) ?? []] as const].map(
    ([name, values]) => `INSERT INTO ${quoted(name)} VALUES (${values.join(', ')})`,
  );
  return {
    setup: ["SET TimeZone = 'UTC'", ...created, 'SET enable_external_access = false', 'SET lock_configuration = true'],
    tried: [
      `DESCRIBE ${sql}`,
      `EXPLAIN ${sql}`,
      ...filled,
      `SELECT hash(daybreak_row) FROM (\n${sql}\n) AS daybreak_row`,
    ],
  };
}

async function run(trial: string): Promise<string> {
  const child = spawn(process.execPath, [join(__dirname, 'trial-process.mjs')], {
    // The child must not get the secrets of this process.
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], LD_LIBRARY_PATH: process.env['LD_LIBRARY_PATH'] },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: TIME_LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (_, signal) => {
      resolve(signal);
    });
  });
  // A child that has ended takes no input. Its outcome says why.
  child.stdin.on('error', () => undefined);
  child.stdin.end(trial);
  try {
    const [outcome, said, signal] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    // If the child was killed from outside, it took the machine's memory.
    if (outcome === '' && signal !== null) return 'memory';
    if (outcome === '') throw new Error(said.trim().split('\n').at(-1) ?? '');
    return outcome;
  } catch (cause) {
    throw new DaybreakError('ENGINE_FAILED', {
      what: `the transform cannot be tried in a process of its own: ${messageOf(cause)}`,
      remedy: 'Let this user start processes of Node, and run it again.',
      cause,
    });
  }
}

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import * as z from 'zod';
import { aptInstall } from './apt-install';
import { auditDependencies } from './audit';
import { findChromium } from './chromium';
import { onPath } from './on-path';
import { print } from '../output/print';

/** `npm test` runs this file: every check, then every test. Arguments go to jest. .ci/run prints the summary. */
const SUMMARY = '.daybreak/test-summary';
const resultsOf = ({ project, shard = '' }: Pick<Run, 'project' | 'shard'>): string =>
  `.daybreak/test-results-${project}${shard.replace('/', '-of-')}.json`;

interface Run {
  readonly project: string;
  readonly workers: number;
  /** As jest has it, such as 1/6. Default: the whole project. */
  readonly shard?: string;
}

/** As jest has it, such as 1/6. */
const shardsOf = (project: string, shards: number): Run[] =>
  Array.from({ length: shards }, (_, index) => ({ project, workers: 1, shard: `${index + 1}/${shards}` }));

/**
 * The tests of a run share real servers, so that one runs at a time. It waits half of its time. So there are two runs, each with
 * servers of its own, unless somebody names running ones.
 */
const INTEGRATION = shardsOf('integration', (process.env['DAYBREAK_TEST_STACK'] ?? '') === '' ? 2 : 1);
/** Beside them. They compute all the time. */
const UNIT: Run = { project: 'unit', workers: 2 };
/**
 * Tests with servers of their own. Whichever of the runs above has ended takes the next of these, so that all end at once. The
 * longest tests are in the last shards, and begin first.
 */
const SERVERS = shardsOf('servers', 14).toReversed();

const resultsSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numRuntimeErrorTestSuites: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string(),
      startTime: z.number(),
      endTime: z.number(),
      assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })),
    }),
  ),
});

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** Of each test file that failed, what jest says of it. */
  readonly reports: readonly string[];
  /** Of each test that failed, its file and its name. */
  readonly names: readonly string[];
  readonly times: readonly { readonly file: string; readonly seconds: number }[];
}

/** How many of the slowest files the end names: where to begin if all takes too long. */
const SLOWEST = 10;

/**
 * On a terminal jest would have its workers use colours, and so what they test. The servers' JVMs live too briefly to
 * earn back what their second compiler costs: without it they take a third less of the processors.
 */
const JDK_JAVA_OPTIONS = `${process.env['JDK_JAVA_OPTIONS'] ?? ''} -XX:TieredStopAtLevel=1`.trim();
const OPTIONS = { stdio: 'inherit', env: { ...process.env, FORCE_COLOR: '0', JDK_JAVA_OPTIONS } } as const;

function run(command: string, ...args: string[]): boolean {
  heading([command, ...args].join(' '));
  return spawnSync(command, args, OPTIONS).status === 0;
}

function heading(command: string): void {
  print();
  print(`> ${command}`);
}

async function main(): Promise<void> {
  mkdirSync('.daybreak', { recursive: true });
  rmSync(SUMMARY, { force: true });
  for (const run of [...INTEGRATION, UNIT, ...SERVERS]) rmSync(resultsOf(run), { force: true });

  aptInstall([
    ...(findChromium() === undefined ? ['chromium'] : []),
    ...['zsh', 'fish'].filter((shell) => onPath(shell) === undefined),
  ]);
  const left = [...SERVERS];
  const inTurn = async (first: Run): Promise<Outcome[]> => {
    const outcomes: Outcome[] = [];
    for (let run: Run | undefined = first; run !== undefined; run = left.shift()) outcomes.push(await test(run));
    return outcomes;
  };
  const integration = INTEGRATION.map(inTurn);
  const failed = checks();
  const outcomes = (await Promise.all([...integration, inTurn(UNIT)])).flat();

  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  const failures = outcomes.reduce((sum, outcome) => sum + outcome.failed, failed.length);
  const summary = `${passed} passed, ${failures} failed`;
  writeFileSync(SUMMARY, `${summary}\n`);
  // Again, at the end: thousands of lines may stand between a failure and here. Last the names, as a report may be long.
  for (const report of outcomes.flatMap(({ reports }) => reports)) {
    print();
    print(report);
  }
  print();
  const times = outcomes.flatMap((outcome) => outcome.times).toSorted((a, b) => b.seconds - a.seconds);
  for (const { file, seconds } of times.slice(0, SLOWEST)) print(`${seconds.toFixed(0).padStart(5)} s ${file}`);
  print(`${(performance.now() / 1_000).toFixed(0).padStart(5)} s in all`);
  print();
  for (const name of [...failed, ...outcomes.flatMap(({ names }) => names)]) print(`FAIL ${name}`);
  print(summary);
  process.exitCode = failures === 0 ? 0 : 1;
}

/** The checks that fail, by their names. */
function checks(): string[] {
  const npx = (...command: string[]): boolean => run('npx', '--no-install', ...command);
  const passes = {
    // A lock file that lacks a package for another platform still installs if node_modules exists, but nowhere else.
    'npm ci': run('npm', 'ci', '--dry-run', '--loglevel=error'),
    typecheck: run('npm', 'run', '--silent', 'typecheck'),
    eslint: npx('eslint', '.'),
    prettier: npx('prettier', '--check', '--log-level=warn', '.'),
    audit: audit(),
  };
  return Object.entries(passes).flatMap(([name, good]) => (good ? [] : [name]));
}

async function test(run: Run): Promise<Outcome> {
  const { project, workers, shard } = run;
  const which = ['--selectProjects', project, '--maxWorkers', String(workers), '--passWithNoTests'];
  const part = shard === undefined ? [] : ['--shard', shard];
  const output = ['--json', `--outputFile=${resultsOf(run)}`];
  const args = ['--no-install', 'jest', ...process.argv.slice(2), ...which, ...part, ...output];
  heading(['npx', ...args].join(' '));
  const jest = spawn('npx', args, OPTIONS);
  await once(jest, 'exit');
  return outcomeOf(resultsOf(run), jest.exitCode === 0);
}

function audit(): boolean {
  const { passes, line } = auditDependencies();
  heading('npm audit');
  print(line);
  return passes;
}

/** A test file that does not load counts as one failed test, as does a jest that ends without results. */
function outcomeOf(file: string, testsPass: boolean): Outcome {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return { passed: 0, failed: 1, reports: [], names: [`${file} was not written`], times: [] };
  }
  const results = resultsSchema.parse(JSON.parse(text));
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  const files = results.testResults.filter(({ status }) => status === 'failed');
  const reports = files.map(({ name, message }) => `FAIL ${relative('.', name)}\n${message}`);
  const names = files.flatMap(({ name, assertionResults }) => {
    const tests = assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => ` › ${fullName}`);
    return (tests.length === 0 ? [''] : tests).map((test) => `${relative('.', name)}${test}`);
  });
  const times = results.testResults.map(({ name, startTime, endTime }) => ({
    ...{ file: relative('.', name), seconds: (endTime - startTime) / 1_000 },
  }));
  return { passed: results.numPassedTests, failed: failed === 0 && !testsPass ? 1 : failed, reports, names, times };
}

void main();

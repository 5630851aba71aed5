// node --import tsx bench/upgrade/index.ts <commit>: a pipeline under the packed package of an older commit goes on under this
// checkout, on real servers (see withServers). In place of a commit it takes the path of an installed daybreak.mjs. A speed
// layer, a day, a backfill and a schedule are in flight when the old worker stops. Then torture's checker proves that nothing
// was lost, doubled or mixed, and each version reads what the other one has published. Prints a line a step. Ends with 0 if all
// went on. Linux only.
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Client } from '@temporalio/client';
import { businessDateOf, shiftDate, type BusinessDate } from '../../domain/business-date';
import { dailyBatchId } from '../../domain/daily-batch';
import { DaybreakError } from '../../domain/errors';
import { print, progress } from '../../scripts/output/print';
import { runToEnd, type Ended } from '../../tests/integration/support/run-to-end';
import { until } from '../../tests/integration/support/until';
import { withClient } from '../../worker/connect';
import { withServers, type Servers } from '../servers';
import { checkInvariants } from '../torture/invariants';
import { Load, ZONE } from '../torture/load';
import { watchMarks } from '../torture/watch';
import { WorkerProcess, type EndedCommand } from '../torture/worker-process';
import { oldPackage } from './old-package';

const SETTLED = (yaml: string): string => yaml.replace(/settleSeconds: \d+/, 'settleSeconds: 1');

async function main(commit: string | undefined): Promise<void> {
  if (commit === undefined) {
    throw new DaybreakError('WRONG_USAGE', {
      what: 'no commit was given',
      remedy: 'node --import tsx bench/upgrade/index.ts <an older commit>',
    });
  }
  const old = commit.endsWith('.mjs') ? resolve(commit) : await oldPackage(commit);
  const nothing = (): Promise<void> => Promise.resolve();
  await withServers(SETTLED, nothing, async (servers) => {
    await withClient(servers.config, (client) => upgrade(servers, client, old));
  });
}

async function upgrade(servers: Servers, client: Client, oldProgram: string): Promise<void> {
  const { config, session, pipeline, logs } = servers;
  const { environment } = session;
  const newProgram = resolve(__dirname, '../../scripts/daybreak.mjs');
  const commands: EndedCommand[] = [];
  const run = async (version: 'old' | 'new', command: string): Promise<Ended> => {
    const program = version === 'old' ? oldProgram : newProgram;
    const ended = await runToEnd(process.execPath, [program, ...command.split(' ')], { environment });
    commands.push({ command, code: ended.code, said: `${ended.stdout}${ended.stderr}` });
    const [said = ''] = ended.code === 0 ? [''] : ended.stderr.split('\n');
    print(`${version} ${command.replaceAll(pipeline.name, 'p')}: ${ended.code}${said && ` ${said}`}`);
    return ended;
  };
  const must = async (version: 'old' | 'new', command: string): Promise<void> => {
    const { code, stdout, stderr } = await run(version, command);
    if (code !== 0) throw new Error(`daybreak ${command} ended with ${code}:\n${stderr}${stdout}`);
  };
  const of = `--pipeline ${pipeline.name}`;
  const before = (days: number): BusinessDate => shiftDate(businessDateOf(new Date(), ZONE), -days);
  /** `late` get late data. `kept` has two versions of the old code. `running` and `night` are under way at the stop. */
  const late = [before(5), before(4)] as const;
  const [kept, running, night] = [before(3), before(2), before(1)];

  // Under the old version.
  await mkdir(join(logs, 'old'));
  await mkdir(join(logs, 'new'));
  const oldWorker = new WorkerProcess(oldProgram, environment, join(logs, 'old'));
  const newWorker = new WorkerProcess(newProgram, environment, join(logs, 'new'));
  oldWorker.start();
  await oldWorker.untilReady();
  await must('old', `speed start ${of}`);
  const load = await Load.connect(pipeline, config.kafka.brokers, logs);
  for (const date of [...late, kept]) {
    await load.writeDay(date, 1, 'files');
    await must('old', `batch run ${of} --date ${date}`);
  }
  await load.writeLate(kept, 2);
  await must('old', `batch run ${of} --date ${kept}`);
  for (const date of [running, night]) await load.writeDay(date, 2, 'both');
  load.start();
  const samples = join(logs, 'samples.ndjson');
  await writeFile(samples, '');
  const watching = new AbortController();
  const watched = watchMarks(config.druid.brokerUrl, [pipeline], samples, watching.signal);
  await must('old', `schedule apply ${of}`);
  for (const date of late) await load.writeLate(date, 3);
  const inFlight = [
    run('old', `batch run ${of} --date ${running}`),
    run('old', `backfill ${of} --from ${late[0]} --to ${late[1]} --only changed`),
    run('old', `schedule trigger ${of}`),
  ];
  const dayRun = client.workflow.getHandle(dailyBatchId(pipeline.name, running));
  await until('the step reindex', async () => {
    const step = await dayRun.query<string>('step').catch(() => undefined);
    return step === 'reindex';
  });
  await oldWorker.stop();
  print('the old worker has stopped while it reindexed a day');

  // Under the new version.
  newWorker.start();
  await newWorker.untilReady();
  const use = [await newWorker.use()];
  for (const ended of await Promise.all(inFlight)) {
    if (ended.code !== 0) throw new Error(`a command of the old version failed:\n${ended.stderr}`);
  }
  const nightRun = client.workflow.getHandle(dailyBatchId(pipeline.name, night));
  await until('the night', async () => {
    const found = await nightRun.describe().catch(() => undefined);
    return found?.status.name === 'COMPLETED';
  });
  print('the night that the old schedule began is over');
  for (const date of [kept, running, night]) await must('new', `batch verify ${of} --date ${date}`);
  await must('new', `batch restore ${of} --date ${kept}`);
  await must('new', `batch run ${of} --date ${kept}`);
  await must('new', `schedule apply ${of} --dry-run`);
  await must('new', `schedule apply ${of}`);
  for (const command of [`status ${of}`, `speed status ${of}`, `report ${of} --output ${join(logs, 'new.html')}`])
    await must('new', command);
  await load.stop();
  watching.abort();
  await watched;
  use.push(await newWorker.use());
  const { broken } = await checkInvariants(
    config,
    {
      loads: [load],
      sealedDays: new Map([[load, [...late, kept, running, night]]]),
      samples,
      commands: [...commands, ...oldWorker.takeExits(), ...newWorker.takeExits()],
      worker: use,
    },
    logs,
  );
  for (const { invariant, what } of broken) print(`BROKEN ${invariant}: ${what}`);
  if (broken.length > 0) process.exitCode = 1;

  // What the new version has published, read by the old one. Its answer is shown, whatever it is.
  for (const command of [
    `batch verify ${of} --date ${kept}`,
    `status ${of}`,
    `report ${of} --output ${join(logs, 'old.html')}`,
  ])
    await run('old', command);
  progress(`${broken.length} invariants broke`);
  await load.close();
  await newWorker.stop();
}

void main(process.argv[2]);

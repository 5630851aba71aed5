// node --import tsx bench/day/index.ts [events, default 200000]: the time from trigger to proof, on real servers (see
// withServers), while realtime streams today, and a line a step. It measures a day that realtime has, and a sealed day that
// got a late record. Ends with 0 only if both goals are met.
import { appendFile, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { businessDateOf, shiftDate } from '../../domain/business-date';
import { loadPipelineNamed } from '../../engines/load-pipeline';
import { print } from '../../scripts/output/print';
import { table } from '../../scripts/output/table';
import { untilRealtimeServes } from '../../scripts/demo/until-realtime-serves';
import { withClient } from '../../worker/connect';
import { withServers } from '../servers';
import { stepSeconds } from './step-seconds';

const ZONE = 'Asia/Seoul';
/** Seconds of a day of 200,000 rows, with 2 cores for all servers. */
const GOALS = { realtime: 30, sealed: 11 };

async function main(events: number): Promise<void> {
  const date = shiftDate(businessDateOf(new Date(), ZONE), -1);
  const asIs = (yaml: string): string => yaml;
  const nothing = (): Promise<void> => Promise.resolve();
  await withServers(asIs, nothing, async ({ config, session, pipeline: { name, input }, logs }) => {
    await session.background('worker', join(logs, 'worker.log'), '"msg":"ready"');
    await session.run(`speed start --pipeline ${name}`);
    await session.background(`feed --pipeline ${name} --rate 200`, join(logs, 'feed.log'));
    await session.run(`feed --pipeline ${name} --date ${date} --events ${events} --duplicates 0 --bad 0`);
    const { pipeline } = await loadPipelineNamed(config.pipelines, name);
    const remedy = `Look at ${logs}/worker.log.`;
    await untilRealtimeServes(config, pipeline, { date, signal: session.signal, remedy });

    const replace = async (): Promise<Replaced> => {
      const began = performance.now();
      await session.run(`batch run --pipeline ${name} --date ${date}`);
      const whole = (performance.now() - began) / 1_000;
      return { whole, steps: await withClient(config, (client) => stepSeconds(client, name, date)) };
    };
    const realtime = await replace();
    const [first = ''] = (await readdir(input)).filter((file) => file.includes(`${date.replaceAll('-', '')}.12`));
    const file = join(input, first);
    await appendFile(file, `{"hello":"late","id":-1,"time":"${date} 12:00:00"}\n`);
    // Its last change is a minute ago, since the wait for files that still change is not measured.
    await utimes(file, new Date(), new Date(Date.now() - 60_000));
    const sealed = await replace();

    report(events, realtime, sealed);
  });
}

/** The seconds of one run. */
interface Replaced {
  readonly whole: number;
  readonly steps: Awaited<ReturnType<typeof stepSeconds>>;
}

function report(events: number, realtime: Replaced, sealed: Replaced): void {
  const seconds = (value = 0): string => value.toFixed(1);
  const steps = new Set([...realtime.steps.keys(), ...sealed.steps.keys()]);
  print(
    table([
      ['step, seconds', 'a day that realtime has', 'a day that is sealed'],
      ...[...steps].map((step) => [step, seconds(realtime.steps.get(step)), seconds(sealed.steps.get(step))]),
    ]),
  );
  const goals = [
    ['a day that realtime has', realtime.whole, GOALS.realtime],
    ['a day that is sealed, after a late record', sealed.whole, GOALS.sealed],
  ] as const;
  print(
    table([
      [`${events.toLocaleString('en-US')} rows`, 'seconds', 'at most', 'goal'],
      ...goals.map(([day, whole, most]) => [day, seconds(whole), String(most), whole <= most ? 'met' : 'MISSED']),
    ]),
  );
  process.exitCode = goals.every(([, whole, most]) => whole <= most) ? 0 : 1;
}

const [events = 200_000] = process.argv.slice(2).map(Number);
void main(events);

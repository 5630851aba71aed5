import { createDruidClient, type DruidClient } from '../../../clients/druid';
import { ensureSupervisor } from '../../../activities/druid/ensure-supervisor';
import { dayInterval, parseBusinessDate, shiftDate } from '../../../domain/business-date';
import { laterSeal, supervisorSpec } from '../../../domain/druid/supervisor-spec';
import type { DailyBatchResult } from '../../../domain/daily-batch';
import { loadPipelineNamed } from '../../../engines/load-pipeline';
import type { LoadedPipeline } from '../../../engines/model/loaded-pipeline';
import { readConfig } from '../../../worker/config';
import { background, succeed, type BackgroundCommand } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, suspendSupervisor, terminateSupervisor, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { expectedRows, fedDay, servedRows, ZONE } from './day-rows';
import { until } from '../support/until';

useStack();
const first = parseBusinessDate('2026-03-14');
const second = shiftDate(first, 1);
const config = readConfig();
const druid = createDruidClient(config.druid);

let pipeline: OwnPipeline;
let loaded: LoadedPipeline;

beforeAll(async () => {
  pipeline = await ownPipeline((yaml) => yaml.replace(/settleSeconds: \d+/, 'settleSeconds: 0'));
  loaded = await loadPipelineNamed(pipeline.environment['DAYBREAK_PIPELINES']!, pipeline.name);
});

afterAll(async () => {
  await pipeline.remove();
});

/** Seals as a day's run does. The speed layer has not started, unless `isStarting` says so. */
function seal(client: DruidClient, id: string, until: string, isStarting = false) {
  return ensureSupervisor(client, id, (stored) => ({
    ...supervisorSpec(loaded.pipeline, loaded.outputColumns, {
      kafka: config.druid.kafka,
      sealedUntil: laterSeal(until, stored?.spec.ioConfig.lateMessageRejectionStartDateTime ?? undefined),
    }),
    suspended: isStarting ? false : (stored?.suspended ?? true),
  }));
}

async function sealOf(id: string): Promise<string | null | undefined> {
  return (await druid.supervisors.find(id))?.spec.ioConfig.lateMessageRejectionStartDateTime;
}

describe('a seal', () => {
  const [earlier, later] = [dayInterval(first, ZONE).end, dayInterval(second, ZONE).end];

  it('stays at the later day, whatever a slow writer of the earlier day had read before', async () => {
    let passed = (): void => undefined;
    const overtaken = new Promise<void>((resolve) => (passed = resolve));
    let read = (): void => undefined;
    const hasRead = new Promise<void>((resolve) => (read = resolve));
    // The earlier day's run has read the unsealed spec. It writes only after the later day's run has sealed.
    const slow: DruidClient = {
      ...druid,
      supervisors: {
        ...druid.supervisors,
        async submit(spec) {
          read();
          await overtaken;
          await druid.supervisors.submit(spec);
        },
      },
    };
    const slowly = seal(slow, pipeline.topic, earlier);
    await hasRead;
    expect((await seal(druid, pipeline.topic, later)).sealedUntil).toBe(later);
    passed();
    expect((await slowly).sealedUntil).toBe(later);
    expect(await sealOf(pipeline.topic)).toBe(later);
  });

  it('does not come back to an earlier day, not even after the supervisor was terminated', async () => {
    await terminateSupervisor(pipeline.topic);
    expect(await sealOf(pipeline.topic)).toBeUndefined();
    expect(await seal(druid, pipeline.topic, earlier)).toEqual({ done: 'created', sealedUntil: later });
    expect(await seal(druid, pipeline.topic, earlier)).toEqual({ done: 'unchanged', sealedUntil: later });
  });

  it('leaves a running supervisor running, whatever other days are sealed in the same moment', async () => {
    const ends = Array.from({ length: 8 }, (_, days) => dayInterval(shiftDate(second, days), ZONE).end);
    await seal(druid, pipeline.topic, later, true);
    await Promise.all(ends.map((end) => seal(druid, pipeline.topic, end)));
    expect(await druid.supervisors.find(pipeline.topic)).toMatchObject({ suspended: false });
    expect(await sealOf(pipeline.topic)).toBe(ends.at(-1));
  });
});

describe('a supervisor in a zone that Druid calls by another name', () => {
  it.each(['UTC', 'US/Pacific', 'Etc/UTC', 'Asia/Calcutta', 'GMT', 'Europe/Amsterdam'])(
    'is left alone: %s',
    async (timeZone) => {
      const ensure = () =>
        ensureSupervisor(druid, pipeline.topic, () => ({
          ...supervisorSpec({ ...loaded.pipeline, timeZone }, loaded.outputColumns, {
            kafka: config.druid.kafka,
            sealedUntil: undefined,
          }),
          suspended: true,
        }));
      expect((await ensure()).done).not.toBe('unchanged');
      expect(await ensure()).toMatchObject({ done: 'unchanged' });
    },
  );
});

describe('two days that are recomputed at once', () => {
  let own: OwnPipeline;
  let worker: BackgroundCommand;
  beforeAll(async () => {
    own = await ownPipeline((yaml) => yaml.replace(/settleSeconds: \d+/, 'settleSeconds: 0'));
    worker = await background('worker', own.environment, '"msg":"ready"');
  });
  afterAll(() =>
    endAll(
      () => worker.stop(),
      () => own.remove(),
    ),
  );

  it('are both replaced exactly, though realtime had both, and the seal is at the later one’s end', async () => {
    const on = `--pipeline ${own.name}`;
    await succeed(`speed start ${on}`, own.environment);
    for (const date of [first, second]) {
      await succeed(`feed ${on} --date ${date} --events 2000 --seed 3`, own.environment);
    }
    const sent = new Map([first, second].map((date) => [date, fedDay(date, 2_000, 3)]));
    const inKafka = sent.get(first)!.filter(({ kind, toKafka }) => kind !== 'bad' && toKafka).length;
    await until('the first day in realtime', async () => (await servedRows(own.topic, first)).length >= inKafka);
    await until('the second day in realtime', async () => (await servedRows(own.topic, second)).length >= inKafka);
    const results = await Promise.all(
      // The later day first: the earlier one must not undo its seal.
      [second, first].map(async (date) =>
        succeed(`batch run ${on} --date ${date} --json`, own.environment).then(
          (stdout) => JSON.parse(stdout) as DailyBatchResult,
        ),
      ),
    );
    expect(results.map(({ verdict }) => verdict)).toEqual(['replaced', 'replaced']);
    for (const date of [first, second]) {
      expect(await servedRows(own.topic, date)).toEqual(expectedRows(sent.get(date)!));
    }
    expect(await sealOf(own.topic)).toBe(dayInterval(second, ZONE).end);

    const isSuspended = async (): Promise<boolean> => (await druid.supervisors.find(own.topic))?.suspended === true;
    expect(await isSuspended()).toBe(false);
    await suspendSupervisor(own.topic);
    await until('the speed layer to resume its supervisor', async () => !(await isSuspended()));
  });
});

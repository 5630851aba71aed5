import { Client } from '@temporalio/client';
import { lateDataWatchId, nightlyScheduleId } from '../../../../domain/late-data';
import type { Pipeline } from '../../../../domain/pipeline';
import { pipelineAttribute } from '../../../../domain/search-attributes';
import { loadPipeline } from '../../../../engines/load-pipeline';
import { applySchedules, deleteSchedules, scheduleIds } from '../../../../scripts/operate/schedule/schedules';
import { startedByHand } from '../../../../scripts/operate/started-by-hand';
import { readConfig } from '../../../../worker/config';
import { dataConverterOf } from '../../../../worker/connect';
import { localTemporal } from '../../cli/local-temporal';
import { runMain } from '../../cli/run-main';
import { until } from '../../../workflows/environment';

const temporal = localTemporal();
const [K1, K2] = ['k1', 'k2'].map((id, index) => `${id}:${Buffer.alloc(32, index).toString('base64')}`);
let pipeline: Pipeline;

beforeAll(async () => {
  ({ pipeline } = await loadPipeline('pipelines/events'));
  pipeline = { ...pipeline, notify: { ...pipeline.notify, provenBy: '06:00' } };
});

afterEach(() => deleteSchedules(temporal.client, pipeline.name));

/** A client of a process that has these keys. */
function clientWith(...keys: (string | undefined)[]): Client {
  const dataConverter = dataConverterOf(readConfig(keys.length === 0 ? {} : { DAYBREAK_PAYLOAD_KEYS: keys.join(',') }));
  return new Client({ connection: temporal.client.connection, dataConverter });
}

const apply = (...keys: (string | undefined)[]) => applySchedules(clientWith(...keys), pipeline, false);

/** The ids of the keys of all values that the schedules hold; '' for a value that is not encrypted. */
async function storedKeys(): Promise<string[]> {
  const connection = temporal.client.workflowService;
  const described = await Promise.all(
    scheduleIds(pipeline.name).map((scheduleId) => connection.describeSchedule({ namespace: 'default', scheduleId })),
  );
  const ids = described.flatMap(({ schedule }) => {
    const { input, memo, userMetadata } = schedule?.action?.startWorkflow ?? {};
    const payloads = [...(input?.payloads ?? []), ...Object.values(memo?.fields ?? {}), userMetadata?.summary];
    return payloads.map((payload) => Buffer.from(payload?.metadata?.['encryption-key-id'] ?? []).toString());
  });
  return [...new Set(ids)];
}

it('encrypts schedules from before the keys, and writes them again when the keys change', async () => {
  await apply();
  expect(await storedKeys()).toEqual(['']);

  const first = await apply(K1);
  expect(await storedKeys()).toEqual(['k1']);
  const done = { done: 'updated', changes: [{ setting: 'encryption', from: 'none', to: 'key k1' }] };
  expect(first).toEqual(scheduleIds(pipeline.name).map((schedule) => ({ schedule, ...done })));

  expect((await apply(K1, K2)).map((one) => one.done)).toEqual(['unchanged', 'unchanged', 'unchanged']);
  const [nightly] = await apply(K2, K1);
  expect(nightly?.changes).toEqual([{ setting: 'encryption', from: 'key k1', to: 'key k2' }]);
  expect(await storedKeys()).toEqual(['k2']);
  expect((await apply(K2)).map((one) => one.done)).toEqual(['unchanged', 'unchanged', 'unchanged']);
});

it('leaves schedules whose key it lacks, and says what to do', async () => {
  await apply(K1);
  await expect(apply(K2)).rejects.toMatchObject({
    code: 'BAD_CONFIGURATION',
    what: expect.stringContaining("encrypted with key 'k1'") as string,
    remedy: expect.stringContaining('schedule apply') as string,
  });
  expect(await storedKeys()).toEqual(['k1']);
});

it('encrypts them also where what is not encrypted is refused', async () => {
  await apply();
  const strict = { ...temporal.variables, DAYBREAK_PAYLOAD_KEYS: String(K1), DAYBREAK_PAYLOAD_STRICT: 'true' };
  const { code, stdout } = await runMain(['schedule', 'apply', '--pipeline', pipeline.name], strict);
  expect(stdout).toContain(`${nightlyScheduleId(pipeline.name)}: updated\n  encryption: none → key k1\n`);
  expect(code).toBe(0);
});

it('creates none without the keys with which the pipeline runs', async () => {
  const handle = await clientWith(K1).workflow.start('lateDataWatch', {
    ...{ taskQueue: 'none', workflowId: lateDataWatchId(pipeline.name), memo: startedByHand('by hand', {}) },
    typedSearchAttributes: [{ key: pipelineAttribute, value: pipeline.name }],
  });
  const query = `${pipelineAttribute.name} = '${pipeline.name}'`;
  await until(async () => (await temporal.client.workflow.count(query)).count > 0);
  await expect(apply()).rejects.toMatchObject({ code: 'BAD_CONFIGURATION' });
  await handle.terminate();
  await apply(K1);
});

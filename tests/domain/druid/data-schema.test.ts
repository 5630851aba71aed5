import { parseBusinessDate } from '../../../domain/business-date';
import { dayPlan } from '../../../domain/daily-batch';
import { convertedTo } from '../../../domain/druid/data-schema';
import { reindexSpec } from '../../../domain/druid/reindex-spec';
import { supervisorSpec } from '../../../domain/druid/supervisor-spec';
import type { Pipeline } from '../../../domain/pipeline';
import { rollupSetting } from '../../../domain/rollup';
import { loadExample } from '../../engines/scratch';

const METRICS = [
  { name: 'events', type: 'count' },
  { name: 'uids', type: 'longSum', column: 'uid' },
  { name: 'least', type: 'doubleMin', column: 'uid' },
  { name: 'users', type: 'hll', column: 'user_id' },
  { name: 'texts', type: 'theta', column: 'hello', size: 4096 },
];

/** What realtime and batch say of the rows of a datasource. */
async function rowsOfBoth(druid: object, timeZone = 'Asia/Seoul') {
  const { pipeline, outputColumns } = await loadExample('events');
  const changed: Pipeline = { ...pipeline, timeZone, druid: { ...pipeline.druid, ...druid } };
  const plan = dayPlan(changed, parseBusinessDate('2026-11-21'));
  const task = {
    id: 'task',
    plan,
    source: { type: 'local', files: [] },
    size: { rows: 1, bytes: 1 },
    subtasks: 1,
  } as const;
  const kafka = { brokers: ['localhost:9092'] };
  return [
    supervisorSpec(changed, outputColumns, { kafka, sealedUntil: undefined }),
    reindexSpec(changed, outputColumns, task),
  ].map(({ spec: { dataSchema } }) => {
    const { dimensionsSpec, metricsSpec, granularitySpec } = dataSchema;
    const { queryGranularity, rollup } = granularitySpec;
    return { dimensions: dimensionsSpec.dimensions, metricsSpec, queryGranularity, rollup };
  });
}

const withRollup = (settings: object): object => ({
  rollup: rollupSetting.parse({ dimensions: ['user_name', 'uid'], metrics: METRICS, ...settings }),
});

it('keeps each row of a pipeline without rollup, in both layers', async () => {
  const [realtime, batch] = await rowsOfBoth({});
  expect(realtime).toMatchObject({ metricsSpec: [], queryGranularity: { type: 'none' }, rollup: false });
  expect(realtime?.dimensions.map(({ name }) => name)).toEqual(['user_id', 'user_name', 'hello', 'uid']);
  expect(batch).toEqual(realtime);
});

it('rolls rows up in the same way in both layers', async () => {
  const [realtime, batch] = await rowsOfBoth(withRollup({ queryGranularity: 'FIFTEEN_MINUTE' }));
  expect(realtime).toEqual({
    dimensions: [
      { type: 'string', name: 'user_name' },
      { type: 'long', name: 'uid' },
    ],
    metricsSpec: [
      { type: 'count', name: 'events' },
      { type: 'longSum', name: 'uids', fieldName: 'uid' },
      { type: 'doubleMin', name: 'least', fieldName: 'uid' },
      { type: 'HLLSketchBuild', name: 'users', fieldName: 'user_id', lgK: 12 },
      { type: 'thetaSketch', name: 'texts', fieldName: 'hello', size: 4096 },
    ],
    queryGranularity: { type: 'period', period: 'PT15M', timeZone: 'Asia/Seoul' },
    rollup: true,
  });
  expect(batch).toEqual(realtime);
});

it.each([
  ['HOUR', 'UTC', 'HOUR'],
  ['HOUR', 'Asia/Kolkata', { type: 'period', period: 'PT1H', timeZone: 'Asia/Kolkata' }],
  ['NONE', 'UTC', { type: 'none' }],
])('cuts to %s in %s as Druid writes it', async (queryGranularity, timeZone, expected) => {
  const [realtime] = await rowsOfBoth(withRollup({ queryGranularity }), timeZone);
  expect(realtime?.queryGranularity).toEqual(expected);
});

it.each<[string, readonly (string | undefined)[], readonly string[]]>([
  ['no segment', [], []],
  ['a segment that lacks it', [undefined], []],
  ['segments that have it as it is', ['COMPLEX<json>', undefined, 'COMPLEX<json>'], []],
  ['a segment that converts it', ['LONG'], ['LONG']],
  [
    'segments of which some convert it',
    ['COMPLEX<json>', 'STRING', 'LONG', 'STRING'],
    ['COMPLEX<json>', 'STRING', 'LONG'],
  ],
])('says to what Druid converts a JSON column: %s', (_, types, expected) => {
  const segments = types.map((typeSignature) => (typeSignature === undefined ? {} : { payload: { typeSignature } }));
  expect(convertedTo('payload', segments)).toEqual(expected);
});

import { compactionFindings, type CompactionConfig } from '../../../domain/druid/compaction';
import type { OutputColumn, Pipeline } from '../../../domain/pipeline';
import { rollupSetting } from '../../../domain/rollup';
import { loadPipeline } from '../../../engines/load-pipeline';

let pipeline: Pipeline;
let columns: readonly OutputColumn[];
beforeAll(async () => {
  ({ pipeline, outputColumns: columns } = await loadPipeline('pipelines/events'));
});
const findings = (config: CompactionConfig, timeZone = 'Asia/Seoul') =>
  compactionFindings({ ...pipeline, timeZone }, columns, config);
const granularity = (segmentGranularity: unknown): CompactionConfig => ({ granularitySpec: { segmentGranularity } });
const period = (text: string, timeZone?: string): object => ({
  type: 'period',
  period: text,
  ...(timeZone !== undefined && { timeZone }),
});

const long = (name: string): object => ({ type: 'long', name });

const FITS = granularity(period('P1D', 'Asia/Seoul'));

it('finds nothing in a compaction to days of the pipeline’s zone', () => {
  expect(findings(FITS)).toEqual({ conflicts: [], warnings: [] });
  expect(findings({ ...FITS, taskPriority: 25, metricsSpec: null, dimensionsSpec: null })).toEqual({
    conflicts: [],
    warnings: [],
  });
});

it.each<[string, CompactionConfig]>([
  ['granularitySpec.rollup is true', { granularitySpec: { rollup: true } }],
  ['granularitySpec.queryGranularity is "HOUR"', { granularitySpec: { queryGranularity: 'HOUR' } }],
  ['queryGranularity is {"type":"period","period":"PT1M"}', { granularitySpec: { queryGranularity: period('PT1M') } }],
  ['metricsSpec is set', { metricsSpec: [{ type: 'count', name: 'n' }] }],
  ['transformSpec.filter is set', { transformSpec: { filter: { type: 'null', column: 'uid' } } }],
  [
    'dimensionsSpec lacks user_name, uid',
    { dimensionsSpec: { dimensions: ['hello', { type: 'long', name: 'user_id' }] } },
  ],
  [
    'dimensionsSpec makes user_id a string, which is a long',
    { dimensionsSpec: { dimensions: ['hello', 'user_id', { name: 'user_name' }, { type: 'long', name: 'uid' }] } },
  ],
  ['taskPriority is 50', { taskPriority: 50 }],
])('names a setting that alters rows or takes days away: %s', (named, config) => {
  const { conflicts } = findings({
    ...config,
    granularitySpec: { ...FITS.granularitySpec, ...config.granularitySpec },
  });
  expect(conflicts).toEqual([expect.stringContaining(named)]);
});

it('lets settings pass that leave rows as they are', () => {
  const all = { dimensions: ['hello', { type: 'string', name: 'user_name' }, long('user_id'), long('uid')] };
  const none = { queryGranularity: { type: 'none' }, rollup: false };
  expect(
    findings({ granularitySpec: { ...FITS.granularitySpec, ...none }, dimensionsSpec: all, metricsSpec: [] }).conflicts,
  ).toEqual([]);
});

it.each([
  ['DAY', 'Asia/Seoul', false],
  ['MONTH', 'Asia/Seoul', false],
  ['HOUR', 'Asia/Seoul', true],
  ['HOUR', 'Asia/Kolkata', false],
  ['SIX_HOUR', 'Asia/Seoul', false],
  [undefined, 'Asia/Seoul', false],
  ['DAY', 'UTC', true],
  ['ALL', 'UTC', false],
  [period('PT7H', 'Asia/Seoul'), 'Asia/Seoul', false],
  [period('PT1H', 'Asia/Seoul'), 'Asia/Seoul', true],
  [period('P1W', 'Asia/Kolkata'), 'Asia/Kolkata', true],
  [undefined, 'UTC', true],
  ['DAY', 'Etc/UTC', true],
  [period('P1D'), 'Asia/Seoul', false],
  [period('P1M', 'Asia/Seoul'), 'Asia/Seoul', true],
  [period('P1D', 'Asia/Tokyo'), 'Asia/Seoul', false],
  [period('PT1H', 'America/New_York'), 'Asia/Seoul', true],
  [period('PT1H', 'Asia/Kolkata'), 'Asia/Seoul', false],
  [{ ...period('P1D', 'Asia/Seoul'), origin: '2026-01-01T05:00:00Z' }, 'Asia/Seoul', false],
  [{ type: 'duration', duration: 86_400_000 }, 'Asia/Seoul', false],
])('knows whether segments of %j reach over local days of %s', (segmentGranularity, timeZone, fits) => {
  const { conflicts, warnings } = findings(granularity(segmentGranularity), timeZone);
  expect(conflicts).toEqual([]);
  expect(warnings).toHaveLength(fits ? 0 : 1);
  if (!fits) expect(warnings[0]).toContain(`"period":"P1D","timeZone":"${timeZone}"} fits`);
});

describe('of a pipeline with rollup', () => {
  const rolledUp = (config: CompactionConfig) => {
    const rollup = rollupSetting.parse({ queryGranularity: 'HOUR', dimensions: ['user_name', 'uid'] });
    return compactionFindings({ ...pipeline, druid: { ...pipeline.druid, rollup } }, columns, config).conflicts;
  };

  it.each<[string, CompactionConfig]>([
    ['rolls up further', { granularitySpec: { rollup: true } }],
    ['cuts times as the pipeline does', { granularitySpec: { queryGranularity: period('PT1H', 'Asia/Seoul') } }],
    ['keeps times', { granularitySpec: { queryGranularity: 'NONE' } }],
    ['keeps the dimensions', { dimensionsSpec: { dimensions: ['user_name', long('uid')] } }],
  ])('may be a compaction that %s', (_, config) => {
    expect(rolledUp(config)).toEqual([]);
  });

  it.each<[string, CompactionConfig]>([
    ['queryGranularity is "HOUR"', { granularitySpec: { queryGranularity: 'HOUR' } }],
    ['metricsSpec is set', { metricsSpec: [{ type: 'count', name: 'count' }] }],
    ['dimensionsSpec lacks uid', { dimensionsSpec: { dimensions: ['user_name'] } }],
  ])('must not be a compaction in which %s', (reason, config) => {
    expect(rolledUp(config)).toEqual([expect.stringContaining(reason)]);
  });
});

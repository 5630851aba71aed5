import { join } from 'node:path';
import { loadPipeline } from '../../../engines/load-pipeline';
import { pipelineLike, scratchFolder } from '../scratch';

const root = scratchFolder();

/** Loads the example with a rollup by user_name, and with more below druid and at the top. */
async function load({ rollup = '', druid = '', top = '', zone = 'Asia/Seoul' }: Record<string, string>) {
  const folder = await pipelineLike('events', join(root, 'pipelines'), {
    'pipeline.yaml': (yaml) =>
      `${yaml
        .replace('Asia/Seoul', zone)
        .replace(/^( +datasource: .*\n)/m, `$1${druid}  rollup: { dimensions: [user_name]${rollup} }\n`)}${top}`,
  });
  return loadPipeline(folder);
}

it('takes a rollup with what it says, and with its defaults', async () => {
  const rollup = ', metrics: [{ name: users, type: hll, column: user_id }, { name: uids, type: theta, column: uid }]';
  const { pipeline } = await load({ rollup, druid: '  partitionBy: [user_name]\n', top: 'proof: aggregates\n' });
  expect(pipeline.druid.rollup).toEqual({
    queryGranularity: 'MINUTE',
    dimensions: ['user_name'],
    metrics: [
      { name: 'users', type: 'hll', column: 'user_id', lgK: 12 },
      { name: 'uids', type: 'theta', column: 'uid', size: 16_384 },
    ],
  });
});

it.each<[string, Record<string, string>, string]>([
  [
    'digests of rows',
    { druid: '  digestColumn: digest\n' },
    'druid.digestColumn is "digest"; accepted: none with druid.rollup',
  ],
  ['a proof by rows', { top: 'proof: rows\n' }, 'proof is "rows"; accepted: auto or aggregates with druid.rollup'],
  ['ranges of what it drops', { druid: '  partitionBy: [hello]\n' }, 'accepted: one of druid.rollup.dimensions'],
  [
    'hours in a zone whose clocks change by half of one',
    { rollup: ', queryGranularity: HOUR', zone: 'Australia/Lord_Howe' },
    'druid.rollup.queryGranularity is "HOUR"; accepted: one of NONE, SECOND, MINUTE',
  ],
  ['a day', { rollup: ', queryGranularity: DAY' }, 'druid.rollup.queryGranularity is "DAY"; accepted:'],
  [
    'a metric of another kind',
    { rollup: ', metrics: [{ name: s, type: quantiles, column: uid }]' },
    'accepted: one of count, longSum',
  ],
  [
    'a sum of texts',
    { rollup: ', metrics: [{ name: s, type: longSum, column: hello }]' },
    'druid.rollup.metrics.0.column is hello, which is not a column that it can use',
  ],
])('refuses %s', async (_, settings, what) => {
  await expect(load(settings)).rejects.toMatchObject({
    code: 'BAD_PIPELINE',
    what: expect.stringContaining(what) as string,
  });
});

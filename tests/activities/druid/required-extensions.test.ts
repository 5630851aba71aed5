import { requireExtensions } from '../../../activities/druid/required-extensions';
import type { DruidClient } from '../../../clients/druid';
import { rollupSetting } from '../../../domain/rollup';
import { loadExample } from '../../engines/scratch';

async function required(metrics: readonly object[] | undefined, functions: readonly string[]): Promise<void> {
  const { pipeline } = await loadExample('events');
  const rollup = metrics && rollupSetting.parse({ dimensions: ['hello'], metrics });
  const queries = { hasFunction: (name: string) => Promise.resolve(functions.includes(name)) };
  const druid = { queries } as unknown as DruidClient; // What is not there is not called.
  await requireExtensions(druid, { druid: { ...pipeline.druid, rollup } });
}

const SUM = { name: 'sum', type: 'longSum', column: 'uid' };
const SKETCH = { name: 'users', type: 'hll', column: 'user_id' };

it('names the metric whose extension Druid lacks, and what to add', async () => {
  await expect(required([SUM, SKETCH], [])).rejects.toMatchObject({
    code: 'DRUID_REFUSED',
    what: expect.stringContaining('which users of druid.rollup.metrics needs') as string,
    remedy: expect.stringContaining('"druid-datasketches"') as string,
  });
});

it('needs none that Druid has, and none without sketches', async () => {
  await required([SUM, SKETCH], ['DS_THETA']);
  await required([SUM], []);
  await required(undefined, []);
});

import { expectAlikeInBothLayers } from './alike-in-both-layers';
import { scratchFolder } from './scratch';
import { SUBQUERIES, subqueryPipeline, subqueryRecord } from './subqueries';

const root = scratchFolder();

it.each(Object.keys(SUBQUERIES))(
  'micro-batches, however they are cut, and the day give the same rows and rejects with %s',
  async (kind) => {
    const records = { record: subqueryRecord, maxLength: 40, eventsOf: (keys: readonly unknown[]) => keys.length };
    await expectAlikeInBothLayers(await subqueryPipeline(root, kind), root, records);
  },
);

import type { DruidClient } from '../../clients/druid';
import { SKETCH_FUNCTION } from '../../domain/druid/day-queries';
import { DaybreakError } from '../../domain/errors';
import type { Pipeline } from '../../domain/pipeline';
import { isSketch } from '../../domain/rollup';

/** Throws DRUID_REFUSED if Druid lacks the extension that a pipeline's sketches need: it would refuse their supervisor. */
export async function requireExtensions(
  druid: DruidClient,
  { druid: { rollup } }: Pick<Pipeline, 'druid'>,
): Promise<void> {
  const sketch = rollup?.metrics.find(isSketch);
  if (sketch === undefined || (await druid.queries.hasFunction(SKETCH_FUNCTION))) return;
  throw new DaybreakError('DRUID_REFUSED', {
    what: `Druid lacks its extension druid-datasketches, which ${sketch.name} of druid.rollup.metrics needs`,
    remedy: 'Add "druid-datasketches" to druid.extensions.loadList of every process of Druid, and restart them.',
  });
}

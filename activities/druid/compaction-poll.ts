import type { DruidClient } from '../../clients/druid';
import { compactionFindings, type CompactionFindings } from '../../domain/druid/compaction';
import { batchDatasourceOf } from '../../domain/pipeline';
import { DaybreakError } from '../../domain/errors';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';

/** The settings of Druid's automatic compaction that conflict with the recomputes of a pipeline's days. */
export async function pollCompaction(
  druid: DruidClient,
  { pipeline, outputColumns }: LoadedPipeline,
): Promise<CompactionFindings> {
  const found = (await druid.compaction.of(batchDatasourceOf(pipeline))).map((config) =>
    compactionFindings(pipeline, outputColumns, config),
  );
  return {
    conflicts: [...new Set(found.flatMap(({ conflicts }) => conflicts))],
    warnings: [...new Set(found.flatMap(({ warnings }) => warnings))],
  };
}

/** Throws COMPACTION_CONFLICT if the compaction would alter proven rows. Returns the warnings. */
export async function refuseCompaction(druid: DruidClient, loaded: LoadedPipeline): Promise<readonly string[]> {
  const { conflicts, warnings } = await pollCompaction(druid, loaded);
  if (conflicts.length === 0) return warnings;
  throw new DaybreakError('COMPACTION_CONFLICT', {
    what: `Druid's compaction of ${batchDatasourceOf(loaded.pipeline)} does not fit recomputed days: ${conflicts.join('; ')}`,
    remedy:
      'Remove these settings from its configuration. docs/operating.md, “Compaction”, has a configuration that works.',
  });
}

import * as z from 'zod';
import type { CompactionConfig } from '../../domain/druid/compaction';
import type { DruidHttp } from './http';

const config = z.looseObject({
  dataSource: z.string(),
  taskPriority: z.number().nullish(),
  granularitySpec: z
    .looseObject({ segmentGranularity: z.unknown(), queryGranularity: z.unknown(), rollup: z.boolean().nullish() })
    .nullish()
    .transform((spec) => spec ?? null),
  dimensionsSpec: z
    .looseObject({ dimensions: z.array(z.unknown()).nullish() })
    .nullish()
    .transform((spec) => spec ?? null),
  metricsSpec: z.array(z.unknown()).nullish(),
  transformSpec: z
    .looseObject({ filter: z.unknown() })
    .nullish()
    .transform((spec) => spec ?? null),
});
const configs = z.looseObject({ compactionConfigs: z.array(config).default([]) });
const supervisor = z.looseObject({ suspended: z.boolean().default(false), spec: config });

/** Druid's automatic compaction, on the coordinator, which is the overlord too. */
export function createCompaction(coordinator: DruidHttp) {
  return {
    /** What compacts a datasource: its configuration at the coordinator, and a compaction supervisor. */
    async of(datasource: string): Promise<CompactionConfig[]> {
      const [configured, supervised] = await Promise.all([
        coordinator.find({ url: '/druid/coordinator/v1/config/compaction' }, configs),
        coordinator.find(
          { url: `/druid/indexer/v1/supervisor/${encodeURIComponent(`autocompact__${datasource}`)}` },
          supervisor,
        ),
      ]);
      return [
        ...(configured?.compactionConfigs ?? []).filter(({ dataSource }) => dataSource === datasource),
        ...(supervised === undefined || supervised.suspended ? [] : [supervised.spec]),
      ];
    },
  };
}

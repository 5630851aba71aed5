import * as z from 'zod';
import type { CompactionConfig } from '../../domain/druid/compaction';
import type { DruidHttp } from './http';

const config = z.looseObject({
  taskPriority: z.number().nullish(),
  granularitySpec: z
    .looseObject({
      segmentGranularity: z.unknown().optional(),
      queryGranularity: z.unknown().optional(),
      rollup: z.boolean().nullish(),
    })
    .nullish()
    .transform((spec) => spec ?? null),
  dimensionsSpec: z
    .looseObject({ dimensions: z.array(z.unknown()).nullish() })
    .nullish()
    .transform((spec) => spec ?? null),
  metricsSpec: z.array(z.unknown()).nullish(),
  transformSpec: z
    .looseObject({ filter: z.unknown().optional() })
    .nullish()
    .transform((spec) => spec ?? null),
});
const owned = z.looseObject({ dataSource: z.string() });
const configsOf = (datasource: string) =>
  z.looseObject({
    // Only the entry of the datasource is parsed further: the others may hold fields that we do not know.
    compactionConfigs: z
      .array(owned)
      .default([])
      .transform((all): unknown => all.filter(({ dataSource }) => dataSource === datasource))
      .pipe(z.array(config)),
    /** True: compaction supervisors compact, and these configurations have no effect. */
    useSupervisors: z.boolean().default(false),
  });
const supervisor = z.looseObject({ suspended: z.boolean().default(false), spec: config });

/** Druid's automatic compaction, on the coordinator, which is also the overlord. Its user needs READ on CONFIG. */
export function createCompaction(coordinator: DruidHttp) {
  return {
    /** What compacts a datasource: its configuration at the coordinator, or compaction supervisors. */
    async of(datasource: string): Promise<CompactionConfig[]> {
      const found = await coordinator.find({ url: '/druid/coordinator/v1/config/compaction' }, configsOf(datasource));
      if (found?.useSupervisors !== true) return found?.compactionConfigs ?? [];
      const id = encodeURIComponent(`autocompact__${datasource}`);
      const supervised = await coordinator.find({ url: `/druid/indexer/v1/supervisor/${id}` }, supervisor);
      return supervised === undefined || supervised.suspended ? [] : [supervised.spec];
    },
  };
}

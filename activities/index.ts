import { createBuildActivities } from './batch/build-day';
import type { BatchDependencies } from './batch/dependencies';
import { createGateActivities } from './batch/check-gate';
import { createRestoreActivities } from './batch/kept-version';
import { createProofActivities } from './batch/prove-day';
import { createReindexActivities } from './batch/reindex-day';
import { createSealActivities } from './batch/seal-day';
import { createSettleActivities } from './batch/settle-input';
import { createReconciliationActivities } from './batch/store-reconciliation';
import { createSpeedSupervisorActivities, type SpeedSupervisorDependencies } from './druid/speed-supervisor';
import { createSpeedActivities, type SpeedDependencies } from './speed';

/** What `dailyBatch` calls, in the order of a day. */
export function createBatchActivities(dependencies: BatchDependencies) {
  return {
    ...createSettleActivities(dependencies),
    ...createBuildActivities(dependencies),
    ...createRestoreActivities(dependencies),
    ...createGateActivities(dependencies),
    ...createSealActivities(dependencies),
    ...createReindexActivities(dependencies),
    ...createProofActivities(dependencies),
    ...createReconciliationActivities(dependencies),
  };
}

export type BatchActivities = ReturnType<typeof createBatchActivities>;

/** What `speedLayer` calls. */
export function createSpeedLayerActivities(dependencies: SpeedSupervisorDependencies & SpeedDependencies) {
  return { ...createSpeedSupervisorActivities(dependencies), ...createSpeedActivities(dependencies) };
}

export type SpeedLayerActivities = ReturnType<typeof createSpeedLayerActivities>;

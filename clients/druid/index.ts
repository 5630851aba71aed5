import { createCompaction } from './compaction';
import { createDruidHttp, type DruidAccess } from './http';
import { createQueries } from './queries';
import { createSupervisors } from './supervisors';
import { createTasks } from './tasks';

export { FailedAnswer, NotTheLeader } from './http';
export type { Segment, SegmentColumns } from './queries';
export { sumOfTasks } from './supervisors';
export type { IngestionTotals, StoredSupervisorSpec, SupervisorStatus } from './supervisors';
export type { ListedTask, Slots, TaskLock, TaskReport, TaskStatus } from './tasks';

export interface DruidCluster extends DruidAccess {
  readonly coordinatorUrl: string;
  readonly brokerUrl: string;
}

/** The parts of Druid that Daybreak uses. Its coordinator is also the overlord. */
export function createDruidClient({ coordinatorUrl, brokerUrl, ...access }: DruidCluster) {
  const overlord = createDruidHttp('overlord', coordinatorUrl, access);
  const broker = createDruidHttp('broker', brokerUrl, access);
  return {
    supervisors: createSupervisors(overlord),
    tasks: createTasks(overlord),
    compaction: createCompaction(overlord),
    queries: createQueries(broker),
  };
}

export type DruidClient = ReturnType<typeof createDruidClient>;

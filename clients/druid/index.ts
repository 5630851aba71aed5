import { createDruidHttp } from './http';
import { createQueries } from './queries';
import { createSupervisors } from './supervisors';
import { createTasks } from './tasks';

export { timestampLiteral, type Segment } from './queries';
export type { IngestionTotals, StoredSupervisorSpec, SupervisorStatus } from './supervisors';
export type { ListedTask, Slots, TaskLock, TaskReport, TaskStatus } from './tasks';

/** Druid as Daybreak uses it. Its coordinator is the overlord too. */
export function createDruidClient(addresses: { readonly coordinatorUrl: string; readonly brokerUrl: string }) {
  const overlord = createDruidHttp('overlord', addresses.coordinatorUrl);
  const broker = createDruidHttp('broker', addresses.brokerUrl);
  return { supervisors: createSupervisors(overlord), tasks: createTasks(overlord), queries: createQueries(broker) };
}

export type DruidClient = ReturnType<typeof createDruidClient>;

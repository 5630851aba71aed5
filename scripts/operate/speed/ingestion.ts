import { pollSupervisor, type SupervisorPoll } from '../../../activities/druid/supervisor-poll';
import { createDruidClient, sumOfTasks, type DruidClient, type IngestionTotals } from '../../../clients/druid';
import { countTopic, type KafkaOptions } from '../../../clients/kafka';
import { DaybreakError } from '../../../domain/errors';
import type { Pipeline } from '../../../domain/pipeline';
import type { Config } from '../../../worker/config';

/** A realtime task that ended still reports what it dropped, while Druid lists it. */
const TOTALS_WINDOW_MILLISECONDS = 24 * 3_600_000;

/** If more offsets are behind, they are not counted record by record. */
const MOST_COUNTED = 10_000;

/** How data arrives in Druid's realtime now, and how it arrived recently. */
export interface Ingestion extends Pick<SupervisorPoll, 'health' | 'totals'> {
  /**
   * Rows of the output topic that no task has taken yet. Below zero if a partition ends before what was taken from it.
   * Absent as long as Druid does not know.
   */
  readonly lag?: number;
  /** Set if the lag was too large to count the rows. Then it is in offsets, and there are at most that many rows. */
  readonly lagIsBound?: true;
  /**
   * Totals of the tasks that began within the last 24 hours and ended well. What failed tasks took is read again by the
   * next task.
   */
  readonly ended?: IngestionTotals;
}

/** Why Druid answers but does not report this. */
export interface IngestionUnknown {
  readonly what: string;
  readonly remedy: string;
}

/** Undefined if Druid does not answer. */
export async function pollIngestion(
  config: Config,
  pipeline: Pipeline,
): Promise<Ingestion | IngestionUnknown | undefined> {
  const druid = createDruidClient(config.druid);
  const { datasource } = pipeline.druid;
  try {
    const [poll, ended] = await Promise.all([pollSupervisor(druid, pipeline), endedTotals(druid, datasource)]);
    const { health, totals } = poll;
    const lag = await rowsBehind(config.kafka, pipeline.kafka.outputTopic, poll);
    return { health, totals, ...lag, ...(ended !== undefined && { ended }) };
  } catch (thrown) {
    if (!(thrown instanceof DaybreakError) || !thrown.code.startsWith('DRUID_')) throw thrown;
    const { code, what, remedy } = thrown;
    return code === 'DRUID_UNREACHABLE' ? undefined : { what, remedy };
  }
}

/** Counts the rows among the offsets that are behind. Ends of transactions and aborted records are no rows. */
async function rowsBehind(
  kafka: KafkaOptions,
  topic: string,
  { lag, unread = [] }: SupervisorPoll,
): Promise<Pick<Ingestion, 'lag' | 'lagIsBound'>> {
  if (lag === undefined) return {};
  if (lag <= 0) return { lag };
  if (lag > MOST_COUNTED || unread.length === 0) return { lag, lagIsBound: true };
  try {
    return { lag: await countTopic(kafka, topic, unread) };
  } catch (thrown) {
    // Kafka is away, or has removed records that no task has taken.
    if (thrown instanceof DaybreakError) return { lag, lagIsBound: true };
    throw thrown;
  }
}

async function endedTotals({ tasks }: DruidClient, datasource: string): Promise<IngestionTotals | undefined> {
  const over = await tasks.over(datasource, new Date(Date.now() - TOTALS_WINDOW_MILLISECONDS));
  const realtime = over.filter(({ type, status }) => type === 'index_kafka' && status === 'SUCCESS');
  const reports = await Promise.all(realtime.map(async ({ id }) => [id, (await tasks.report(id))?.rows] as const));
  return reports.some(([, rows]) => rows !== undefined) ? sumOfTasks(reports) : undefined;
}

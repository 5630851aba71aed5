import { pollSupervisor, type SupervisorPoll } from '../../../activities/druid/supervisor-poll';
import { createDruidClient, type DruidClient, type IngestionTotals } from '../../../clients/druid';
import { countTopic, type KafkaOptions } from '../../../clients/kafka';
import { DaybreakError } from '../../../domain/errors';
import type { Pipeline } from '../../../domain/pipeline';
import type { SupervisorHealth } from '../../../domain/speed-layer';
import type { Config } from '../../../worker/config';

/** A realtime task that ended still reports what it dropped, while Druid lists it. */
const TOTALS_WINDOW_MILLISECONDS = 24 * 3_600_000;

/** More offsets behind are not counted record by record. */
const MOST_COUNTED = 10_000;

/** How realtime arrives in Druid, and arrived there lately. */
export interface Ingestion extends Pick<SupervisorPoll, 'health' | 'totals'> {
  /**
   * Rows of the output topic that no task has taken yet; below zero where a partition ends before what was taken of it,
   * and absent as long as Druid does not know.
   */
  readonly lag?: number;
  /** Set where the lag was too large to count the rows: it is in offsets then, and rows are at most so many. */
  readonly lagIsBound?: true;
  /** Of the tasks that ended well within the last 24 hours; what failed ones took is read again by the next. */
  readonly ended?: IngestionTotals;
}

/** Why Druid answers, but does not report this. */
export interface IngestionUnknown {
  readonly what: string;
  readonly remedy: string;
}

/** Undefined where Druid does not answer. */
export async function pollIngestion(
  config: Config,
  pipeline: Pipeline,
): Promise<Ingestion | IngestionUnknown | undefined> {
  const druid = createDruidClient(config.druid);
  const { datasource } = pipeline.druid;
  try {
    const [poll, ended] = await Promise.all([pollSupervisor(druid, datasource), endedTotals(druid, datasource)]);
    const { health, totals } = poll;
    const lag = await rowsBehind(config.kafka, pipeline.kafka.outputTopic, poll);
    return { health, totals, ...lag, ...(ended !== undefined && { ended }) };
  } catch (thrown) {
    if (!(thrown instanceof DaybreakError) || !thrown.code.startsWith('DRUID_')) throw thrown;
    const { code, what, remedy } = thrown;
    return code === 'DRUID_UNREACHABLE' ? undefined : { what, remedy };
  }
}

/** Counts the rows among the offsets that are behind: the ends of transactions and what was aborted are none. */
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
    // Kafka is away, or has removed what no task has taken.
    if (thrown instanceof DaybreakError) return { lag, lagIsBound: true };
    throw thrown;
  }
}

/** As people read it: what is so, and a line that begins with → for each thing to do. */
export function describeIngestion(ingestion: Ingestion | IngestionUnknown): string[] {
  if ('what' in ingestion) return [`! Druid: ${ingestion.what}`, `→ ${ingestion.remedy}`];
  const { health, totals, ended, ...behind } = ingestion;
  return [
    ...describeSupervisor(health),
    `Druid's running tasks: ${[describeTotals(totals), ...describeLag(behind)].join(', ')}`,
    ...(ended === undefined ? [] : [`those that ended within 24 hours: ${describeTotals(ended)}`]),
    ...(totals.thrownAway + (ended?.thrownAway ?? 0) === 0
      ? []
      : ['→ The dropped rows are in the hourly files: the next recompute of their days has them.']),
  ];
}

function describeLag({ lag, lagIsBound }: Pick<Ingestion, 'lag' | 'lagIsBound'>): string[] {
  return lag === undefined ? [] : [`lag ${lagIsBound === true ? 'at most ' : ''}${lag}`];
}

function describeTotals({ processed, thrownAway, unparseable }: IngestionTotals): string {
  return `took ${processed} rows, dropped ${thrownAway} that came after the seal, could not read ${unparseable}`;
}

async function endedTotals({ tasks }: DruidClient, datasource: string): Promise<IngestionTotals | undefined> {
  const over = await tasks.over(datasource, new Date(Date.now() - TOTALS_WINDOW_MILLISECONDS));
  const realtime = over.filter(({ type, status }) => type === 'index_kafka' && status === 'SUCCESS');
  const reports = await Promise.all(realtime.map(({ id }) => tasks.report(id)));
  const totals = reports.flatMap((report) => report ?? []).map(({ rows }) => rows);
  if (totals.length === 0) return undefined;
  const sum = (key: keyof IngestionTotals): number => totals.reduce((all, one) => all + one[key], 0);
  return { processed: sum('processed'), thrownAway: sum('thrownAway'), unparseable: sum('unparseable') };
}

/** The health alone, as the workflow knows it; undefined before its first poll. */
export function describeSupervisor(health: SupervisorHealth | undefined): string[] {
  if (health === undefined) return ['Druid supervisor: not looked at yet'];
  const { state, remedy, sealedUntil } = health;
  return [
    `Druid supervisor: ${state}`,
    ...(remedy === undefined ? [] : [`→ ${remedy}`]),
    `sealed until: ${sealedUntil ?? 'nothing sealed yet'}`,
  ];
}

import { DaybreakError } from '../../domain/errors';
import { outputTimeColumnOf, type Pipeline } from '../../domain/pipeline';
import { literal, quoted } from '../duckdb/sql';
import { timeRuleOf } from './time-rule';
import { besideEvents } from '../sql-check/beside-events';
import type { BoundTransform } from '../sql-check/transform-check';

/** The column of a `timedTransform` that has the time of the row's event. */
export const EVENT_TIME = 'daybreak_event_time';

/** SQL that is true if `druid.rowTime` allows the row's time for the time of its event, which is valid. */
export function timeHoldsSql(pipeline: Pipeline, row: string, event: string): string {
  const rule = timeRuleOf(pipeline);
  const common = (time: string): string =>
    pipeline.druid.rowTime === 'hour' ? rule.dateAndHour(time) : rule.moment(time);
  // Only a CASE computes nothing of an invalid time, which may be too large a number.
  return `CASE WHEN ${row} = ${event} THEN true WHEN (${rule.fault(row)}) IS NULL
    THEN coalesce(${common(row)} = ${common(event)}, false) ELSE false END`;
}

/**
 * A row's time from a `timedTransform`. If the event does not allow it, the SQL fails as for any other value of the
 * event.
 */
export function checkedTimeSql(pipeline: Pipeline): string {
  const [row, event] = [quoted(outputTimeColumnOf(pipeline)), quoted(EVENT_TIME)];
  const what = pipeline.druid.rowTime === 'hour' ? ', another hour than ' : ', not ';
  const reason = `${literal(`the row's ${outputTimeColumnOf(pipeline)} is `)} || coalesce(left(${row}::VARCHAR, 60), 'null')
    || ${literal(what)} || ${event}::VARCHAR || ${literal(', the time of its event')}`;
  return `CASE WHEN ${timeHoldsSql(pipeline, row, event)} THEN ${row} ELSE error(${reason}) END`;
}

/**
 * The transform with the event's time as `EVENT_TIME` beside it. Undefined if the output's time is that column itself.
 * Throws BAD_TRANSFORM if the column cannot be added to the SQL as it is written.
 */
export function timedTransform(
  pipeline: Pipeline,
  sql: string,
  { select, plan, columns }: BoundTransform,
  file: string,
): string | undefined {
  const events = plan.references.findIndex((reference) => 'table' in reference && reference.table === 'events');
  const { column } = pipeline.events.time;
  const source = plan.output[columns.findIndex(({ name }) => name === outputTimeColumnOf(pipeline))];
  if (source !== undefined && 'reference' in source && source.reference === events && source.name === column) {
    return undefined;
  }
  const timed = besideEvents(sql, select, (events) => `${quoted(events)}.${quoted(column)} AS ${EVENT_TIME}`);
  if ('sql' in timed) return timed.sql;
  throw new DaybreakError('BAD_TRANSFORM', {
    what: `${file} computes the rows' time and ${timed.lack}, so that nothing can compare it with the events' time`,
    remedy: 'Write it as SELECT … FROM events …, or as WITH … SELECT … FROM events ….',
  });
}

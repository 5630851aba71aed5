import { isDeepStrictEqual } from 'node:util';
import { DaybreakError } from '../../domain/errors';
import type { Pipeline } from '../../domain/pipeline';

/** An event as Fluentd's dummy source emits it. */
export interface FeedEvent {
  readonly hello: string;
  readonly id: number;
  /** Local time, 'yyyy-MM-dd HH:mm:ss'. */
  readonly time: string;
}

/** The columns of these events, as a pipeline declares them. */
const COLUMNS = { hello: 'VARCHAR', id: 'BIGINT', time: 'VARCHAR' };

/** Throws WRONG_USAGE unless the pipeline's events are those that `feed` makes. */
export function checkFeedable({ name, events }: Pipeline): void {
  const sameTime = events.time.column === 'time' && events.time.format === 'yyyy-MM-dd HH:mm:ss';
  if (sameTime && isDeepStrictEqual({ ...events.columns }, COLUMNS)) return;
  throw new DaybreakError('WRONG_USAGE', {
    what: `'feed' writes events with hello VARCHAR, id BIGINT and time VARCHAR (yyyy-MM-dd HH:mm:ss), but pipeline '${name}' has other columns`,
    remedy:
      "Feed a pipeline with these columns, or write this one's topic and files with the tool that makes its events.",
  });
}

import { DaybreakError } from '../../domain/errors';
import { TRANSFORM_LINE } from './script';

/** Spark's own message, such as [UNRESOLVED_ROUTINE] Cannot resolve … SQLSTATE: 42883; line 4 pos 1. */
const CONDITION = /^(?:\S+: )?(\[[A-Z][A-Z0-9_.]*\] .*?)\.? SQLSTATE: (\w{5})(?:;? \(?line (\d+))?/;
const LOGGED_ERROR = /^\S+ \S+ ERROR (?:\S+: )?(.*)/;
const EXCEPTION = /Exception|Error\b/;
/**
 * SQLSTATE class for a missing object, syntax or access. The script is generated, so that the transform is the cause.
 */
const SQL_REFUSED = '42';
/** SQLSTATE class for a value that the SQL cannot handle. */
const BAD_VALUE = '22';

export interface FailureContext {
  /** Absolute path of the driver's log. */
  readonly log: string;
  readonly transformFile: string;
}

/** The failure in a driver's log: the last condition that Spark named, else its last error. */
export function sparkFailure(text: string, { log, transformFile }: FailureContext): DaybreakError {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const named = lines.map((line) => CONDITION.exec(line)).findLast((found) => found !== null);
  const [, condition = '', state = '', line] = named ?? [];
  if (state.startsWith(SQL_REFUSED)) {
    const place = line === undefined ? '' : `:${Math.max(1, Number(line) - TRANSFORM_LINE + 1)}`;
    return new DaybreakError('BAD_TRANSFORM', {
      what: `${transformFile}${place}: Spark refuses the SQL: ${condition} (see ${log})`,
      remedy: 'Use SQL that both DuckDB and Spark know, or build with the engine duckdb.',
    });
  }
  if (state.startsWith(BAD_VALUE)) {
    return new DaybreakError('BAD_TRANSFORM', {
      what: `${transformFile}: Spark fails on a value that DuckDB takes: ${condition} (see ${log})`,
      remedy: 'Write the SQL so that it means the same in both, or build with the engine duckdb.',
    });
  }
  const errors = lines.flatMap((one) => LOGGED_ERROR.exec(one)?.[1] ?? []);
  const last = condition || (errors.at(-1) ?? lines.findLast((one) => EXCEPTION.test(one)) ?? lines.at(-1) ?? '');
  return new DaybreakError('ENGINE_FAILED', {
    what: `Spark failed: ${last.trim() || 'it said nothing'} (its log is ${log})`,
    remedy:
      'Look at the log; every executor must see the output folder under its path. The published day is untouched.',
  });
}

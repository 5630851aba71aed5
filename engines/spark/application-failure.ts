import { DaybreakError } from '../../domain/errors';
import { tooManyFailing } from '../duckdb/stage/failing-records';
import { valueFailureOf } from '../duckdb/value-failure';
import type { TaskFailure } from './day-result';
import { UNPACKED_LIBRARIES } from './spark-program';

const LOGGED_ERROR = /^\S+ \S+ ERROR (?:\S+: )?(.*)/;
const EXCEPTION = /Exception|Error\b/;
const REMEDY =
  'Look at the log; every executor must see the input and output folders under their paths. The published day is untouched.';

const MORE_MEMORY =
  'Give tasks more memory (DAYBREAK_BUILD_MEMORY, and as much outside of the heap of executors), or lower events.maximumBytes; the published day is untouched.';

/** The failure in a driver's log: its last error. */
export function sparkFailure(text: string, log: string): DaybreakError {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const errors = lines.flatMap((one) => LOGGED_ERROR.exec(one)?.[1] ?? []);
  const last = errors.at(-1) ?? lines.findLast((one) => EXCEPTION.test(one)) ?? lines.at(-1) ?? '';
  return new DaybreakError('ENGINE_FAILED', {
    what: `Spark failed: ${last.trim() || 'it said nothing'} (its log is ${log})`,
    remedy: REMEDY,
  });
}

/** What a task said when it failed for the last time. */
export function taskFailure(failure: TaskFailure, log: string): DaybreakError {
  switch (failure.kind) {
    case 'unreadable':
      return new DaybreakError('UNREADABLE_INPUT', {
        what: `a task of Spark cannot read the input file ${failure.file}: ${failure.reason} (see ${log})`,
        remedy:
          'Make it readable for every executor, under the same path or with the keys of its storage; nothing was published.',
      });
    case 'failing':
      return tooManyFailing(valueFailureOf(failure.failure) ?? failure.failure);
    case 'library':
      return new DaybreakError('MISSING_TOOL', {
        what: `the Python ${failure.python} of Spark's tasks on ${failure.host} lacks ${failure.missing.join(' and ')}`,
        remedy: `Run \`npx daybreak spark pack daybreak-python.tar.gz\` with the same Python version, and set spark.archives to daybreak-python.tar.gz#${UNPACKED_LIBRARIES} in Spark's configuration.`,
      });
    case 'task':
      return new DaybreakError('ENGINE_FAILED', {
        what: `Spark gave up a task: ${failure.reason} (its log is ${log})`,
        remedy: /\bOut of Memory\b/.test(failure.reason) ? MORE_MEMORY : REMEDY,
      });
  }
}

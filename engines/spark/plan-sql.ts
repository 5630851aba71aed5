import { multipliesRows, spansHours } from '../../domain/pipeline';
import { parseSourceHour } from '../../domain/file-hours';
import type { BusinessDate } from '../../domain/business-date';
import { CONFIGURATION, emptyStageSql, PREPARATION, STAGED } from '../duckdb/database';
import { fastPath } from '../duckdb/fast-path';
import {
  checkRowsSql,
  identityHashSql,
  redundantSql,
  unmatchedSql,
  withoutRedundant,
} from '../duckdb/hours/hour-output';
import { eventsWithRowsSql, NUMBERING } from '../duckdb/numbered-events';
import { outputRowsSql } from '../duckdb/output-rows';
import { figuresQuery } from '../duckdb/figures';
import {
  columnsSql,
  declaredColumnsSql,
  literal,
  literals,
  numberedRecordsSql,
  quoted,
  RECORD,
  storedColumnsSql,
  storedName,
} from '../duckdb/sql';
import { MOST_FAILING } from '../duckdb/stage/failing-records';
import { COUNT_NOTES, neighbourContentSql } from '../duckdb/stage/hour-stage';
import { FAILURE_OF_VALUES } from '../duckdb/value-failure';
import { wrongRowsSql } from '../duckdb/wrong-rows';
import type { LoadedPipeline } from '../model/loaded-pipeline';
import { isWholeRecord, type Pipeline } from '../../domain/pipeline';
import { FAULT, NOTE, OF_DAY, parseLinesSql } from '../rule/record-rule';
import { timeRuleOf } from '../rule/time-rule';

const PART = 'daybreak.part';
const REDUNDANT = 'daybreak.redundant';
const HOUR = 'daybreak_hour';
const BUCKET = 'daybreak_bucket';

/**
 * The SQL that Spark's tasks run in DuckDB: the texts that the engine duckdb runs. Tasks replace $HOUR, $FIRST,
 * $LAST and $PATH; ? is a parameter.
 */
export function planSql(loaded: LoadedPipeline, buckets: number, targets: readonly string[]) {
  const { pipeline } = loaded;
  const [columns, stored] = [columnsSql(pipeline), storedColumnsSql(pipeline)];
  const between = `FROM ${STAGED} WHERE rowid BETWEEN $FIRST AND $LAST AND ${OF_DAY}`;
  const match = loaded.outputColumns.find(({ name }) => name === pipeline.matchColumn);
  const numbered = multipliesRows(pipeline) ? loaded.numberedTransform : undefined;
  return {
    config: { ...CONFIGURATION, threads: '1' },
    prepare: PREPARATION,
    emptyStage: emptyStageSql(pipeline),
    countStaged: `SELECT count(*) FROM ${STAGED}`,
    countNotes: COUNT_NOTES,
    fault: FAULT,
    faults: `SELECT rowid, ${NOTE} FROM ${STAGED} WHERE starts_with(${NOTE}, '${FAULT}')`,
    neighbourContent: neighbourContentSql(pipeline),
    /**
     * Whether the transform must be tried on each record before duplicates are removed. A source hour that is read and
     * not written has a `check` of its own.
     */
    check: !isWholeRecord(pipeline),
    checkRows: checkRowsSql(loaded),
    candidates: `CREATE OR REPLACE VIEW events AS SELECT ${stored} ${between}`,
    candidateBounds: `SELECT min(rowid), max(rowid) ${between}`,
    reject: `UPDATE ${STAGED} SET ${NOTE} = '${FAULT}' WHERE rowid = ?`,
    failureOfValues: FAILURE_OF_VALUES.source,
    mostFailing: MOST_FAILING,
    stagedRecords: `SELECT ${stored} FROM ${STAGED}`,
    targets: `SELECT ${columns}, ${HOUR}, (${identityHashSql(pipeline)} % ${buckets})::INTEGER AS ${BUCKET}
      FROM (SELECT rowid AS ${RECORD}, ${stored}, coalesce(${NOTE}, $HOUR) AS ${HOUR} FROM ${STAGED} WHERE ${OF_DAY})
      WHERE list_contains(${literals(targets)}, ${HOUR}) ORDER BY ${HOUR}, ${BUCKET}, ${RECORD}`,
    emptyPart: `CREATE OR REPLACE TABLE ${PART} (${partColumns(pipeline)})`,
    insertPart: `INSERT INTO ${PART} SELECT ?::VARCHAR, ${columns} FROM daybreak_records`,
    redundant: `CREATE OR REPLACE TABLE ${REDUNDANT} AS ${redundantSql(pipeline, numberedRecordsSql(pipeline, 'rowid', PART))}`,
    events: `CREATE OR REPLACE VIEW events AS ${withoutRedundant(pipeline, numberedRecordsSql(pipeline, 'rowid', `${PART} WHERE ${HOUR} = $HOUR`), REDUNDANT)}`,
    rows: `CREATE OR REPLACE TABLE daybreak.rows AS (\n${outputRowsSql(loaded)}\n)`,
    copyRows: `COPY daybreak.rows TO '$PATH' (FORMAT json)`,
    countRows: `SELECT ${['count(*)', unmatchedSql(match), ...wrongRowsSql(pipeline)].join(', ')} FROM daybreak.rows`,
    /** Only where the proof of the day may need them. */
    figures: pipeline.proof === 'rows' ? null : figuresQuery(pipeline, loaded.outputColumns, 'daybreak.rows'),
    countEvents: numbered === undefined ? null : [...NUMBERING, eventsWithRowsSql(numbered)],
    ...partitionsOf(pipeline, buckets, targets),
  };
}

/** The records of a partition, in the order of their lines. */
function partColumns(pipeline: Pipeline): string {
  return `${HOUR} VARCHAR, ${declaredColumnsSql(pipeline, storedName)}`;
}

/** The partitions of each hour by bucket: its own, unless records of different hours can have the same identity. */
function partitionsOf(pipeline: Pipeline, buckets: number, targets: readonly string[]) {
  const spans = spansHours(pipeline);
  const entries = targets.map((hour, index): [string, number[]] => [
    hour,
    Array.from({ length: buckets }, (_, bucket) => (spans ? bucket : index * buckets + bucket)),
  ]);
  return { buckets, partitionsOf: Object.fromEntries(entries), partitions: spans ? buckets : targets.length * buckets };
}

/** SQL that stages the lines of a source hour's files, given as the BLOB $1. */
export function stageSql({ pipeline }: LoadedPipeline, date: BusinessDate, source: string, sample: Buffer): string {
  const { own, ...hour } = parseSourceHour(source, date);
  const proof = fastPath?.proveEvents(sample, pipeline, hour);
  const within = { date, hour: own ? hour.hour : undefined };
  return `INSERT INTO ${STAGED} ${parseLinesSql({ pipeline, time: timeRuleOf(pipeline), proof, within })}`;
}

/** SQL that makes a static table from its Parquet file, given as $1. */
export function tableSql(name: string): string {
  return `CREATE TABLE ${quoted(name)} AS FROM read_parquet($1)`;
}

/** SQL that writes the rows of a table to a file. */
export function exportSql(name: string, path: string): string {
  return `COPY ${quoted(name)} TO ${literal(path)} (${TASK_PARQUET})`;
}

/** Uncompressed: no task may depend on a library of Java's that a machine with two C libraries loads wrongly. */
const TASK_PARQUET = 'FORMAT parquet, COMPRESSION uncompressed';

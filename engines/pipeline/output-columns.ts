import { listed, shortened } from '../../domain/bounded-text';
import { RESERVED_COLUMNS } from '../../domain/druid/data-schema';
import { DaybreakError } from '../../domain/errors';
import { isOwnName, OTHER_NAMES } from '../../domain/event-columns';
import { columnFault } from '../../domain/rollup';
import {
  digestColumnOf,
  outputTimeColumnOf,
  timeTypeOf,
  type OutputColumn,
  type Pipeline,
} from '../../domain/pipeline';

/** The names of the pipeline folder's files in messages. */
export interface PipelineFiles {
  readonly yaml: string;
  readonly transform: string;
}

/** Names that SQL, JSON specs and terminals accept as they are. */
const OUTPUT_NAME = /^[^\p{C}"'`\\]{1,200}$/u;

/** Throws BAD_PIPELINE or BAD_TRANSFORM if the output columns do not fit the pipeline's settings or Druid. */
export function checkOutputColumns(pipeline: Pipeline, columns: readonly OutputColumn[], files: PipelineFiles): void {
  const strange = columns.find(({ name }) => !OUTPUT_NAME.test(name));
  if (strange !== undefined) {
    throw new DaybreakError('BAD_TRANSFORM', {
      what: `${files.transform}: an output column is named ${shortened(JSON.stringify(strange.name))}`,
      remedy: 'Give it a name of 200 characters at most, without quotes, backslashes and control characters, with AS.',
    });
  }
  const own = columns.find(({ name }) => isOwnName(name));
  if (own !== undefined) {
    throw new DaybreakError('BAD_TRANSFORM', {
      what: `${files.transform}: an output column is named ${own.name}, as only Daybreak's own columns are`,
      remedy: `Give it ${OTHER_NAMES}, with AS.`,
    });
  }
  checkNames(pipeline, columns, files.yaml);
  checkPartitions(pipeline, columns, files.yaml);
  checkRollup(pipeline, columns, files.yaml);
  const reserved = columns.find(({ name }) => RESERVED_COLUMNS.includes(name));
  if (reserved !== undefined) {
    throw new DaybreakError('BAD_TRANSFORM', {
      what: `${files.transform}: an output column is named ${reserved.name}, which is Druid's own`,
      remedy: `Give it another name; Druid's __time is filled from ${outputTimeColumnOf(pipeline)} (druid.timeColumn).`,
    });
  }
  const digest = digestColumnOf(pipeline)?.name;
  if (digest !== undefined && [...columns.map(({ name }) => name), ...RESERVED_COLUMNS].some(isLike(digest))) {
    throw new DaybreakError('BAD_PIPELINE', {
      what: `${files.yaml}: druid.digestColumn is ${digest}, which is the name of another column`,
      remedy: 'Name a column that neither transform.sql nor Druid has.',
    });
  }
  const { format } = pipeline.events.time;
  const wanted = timeTypeOf(pipeline);
  const time = columns.find(({ name }) => name === outputTimeColumnOf(pipeline));
  if (time === undefined || time.type === wanted) return;
  throw new DaybreakError('BAD_TRANSFORM', {
    what: `${files.transform}: the time column ${time.name} is a ${time.type}, and that of the events is a ${wanted} of the format ${format} (events.time)`,
    remedy: `Give the event's time as ${time.name}, in its format, or name the column that has it in druid.timeColumn.`,
  });
}

/** SQL ignores the case of names. */
function isLike(name: string): (other: string) => boolean {
  return (other) => other.toLowerCase() === name.toLowerCase();
}

function checkNames(pipeline: Pipeline, columns: readonly OutputColumn[], file: string): void {
  const names = columns.map(({ name }) => name);
  const wanted = {
    'kafka.key': pipeline.kafka.key,
    'druid.timeColumn': outputTimeColumnOf(pipeline),
    ...(pipeline.matchColumn !== undefined && { matchColumn: pipeline.matchColumn }),
  };
  for (const [setting, column] of Object.entries(wanted)) {
    if (names.includes(column)) continue;
    throw new DaybreakError('BAD_PIPELINE', {
      what: `${file}: ${setting} is ${column}, which the transform does not give`,
      remedy: `Name one of its output columns: ${listed(names)}.`,
    });
  }
}

/** Druid splits ranges of texts only. */
function checkPartitions(pipeline: Pipeline, columns: readonly OutputColumn[], file: string): void {
  const time = outputTimeColumnOf(pipeline);
  const texts = columns.flatMap(({ name, type }) => (type === 'VARCHAR' && name !== time ? [name] : []));
  const wrong = pipeline.druid.partitionBy?.find((name) => !texts.includes(name));
  if (wrong !== undefined) {
    throw new DaybreakError('BAD_PIPELINE', {
      what: `${file}: druid.partitionBy names ${wrong}, which is not a text column of the transform`,
      remedy: `Name VARCHAR columns of it other than the time: ${listed(texts)}.`,
    });
  }
}

function checkRollup(pipeline: Pipeline, columns: readonly OutputColumn[], file: string): void {
  const { rollup } = pipeline.druid;
  const fault = rollup && columnFault(rollup, columns, outputTimeColumnOf(pipeline));
  if (fault === undefined) return;
  throw new DaybreakError('BAD_PIPELINE', {
    what: `${file}: druid.rollup.${fault.setting} is ${fault.column}, which is not a column that it can use`,
    remedy: `Name ${fault.accepted}.`,
  });
}

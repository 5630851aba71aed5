import { batchDatasourceOf, deadLetterTopicOf, sameTopic, type Pipeline } from './pipeline';

/** A topic, a datasource or a location that a pipeline uses, and the setting that names it. */
interface Place {
  readonly kind: 'topic' | 'datasource' | 'location';
  /** Its path in pipeline.yaml, even if the value is its default. */
  readonly setting: string;
  readonly value: string;
}

/** A topic, a datasource or a location that two pipelines use and must not share. */
export interface PipelineConflict extends Place {
  readonly other: Place & { readonly pipeline: string };
}

/**
 * What two pipelines share and must not: rows would be in Druid twice, a recomputed day would replace the other's in
 * Druid or where it is published, or a replay would send dead letters to the wrong pipeline. Only an events' topic may be
 * shared, with `kafka.sharedTopic` in each pipeline that reads it.
 */
export function conflictsBetween(pipeline: Pipeline, other: Pipeline): PipelineConflict[] {
  return placesOf(pipeline).flatMap((own) =>
    placesOf(other)
      .filter((theirs) => isSame(own, theirs) && !mayShare([own, pipeline], [theirs, other]))
      .map((theirs) => ({ ...own, other: { ...theirs, pipeline: other.name } })),
  );
}

/**
 * The names of pipelines that feed each other in a circle, in which rows would circulate forever, beginning with this
 * one; undefined if it is in no circle.
 */
export function loopThrough(pipeline: Pipeline, others: readonly Pipeline[]): string[] | undefined {
  const paths: (readonly Pipeline[])[] = [[pipeline]];
  const seen = new Set<Pipeline>();
  for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
    const last = path.at(-1) ?? pipeline;
    if (path.length > 1 && sameTopic(last.kafka.outputTopic, pipeline.kafka.topic)) return path.map(({ name }) => name);
    for (const next of others) {
      if (seen.has(next) || !sameTopic(last.kafka.outputTopic, next.kafka.topic)) continue;
      seen.add(next);
      paths.push([...path, next]);
    }
  }
  return undefined;
}

function placesOf(pipeline: Pipeline): Place[] {
  const { kafka, druid, output } = pipeline;
  return [
    { kind: 'topic', setting: 'kafka.topic', value: kafka.topic },
    { kind: 'topic', setting: 'kafka.outputTopic', value: kafka.outputTopic },
    { kind: 'topic', setting: 'kafka.deadLetterTopic', value: deadLetterTopicOf(pipeline) },
    { kind: 'datasource', setting: 'druid.datasource', value: druid.datasource },
    ...(druid.replace === 'separate'
      ? [{ kind: 'datasource', setting: 'druid.batchDatasource', value: batchDatasourceOf(pipeline) } as const]
      : []),
    ...(output.location === undefined
      ? []
      : [{ kind: 'location', setting: 'output.location', value: output.location } as const]),
  ];
}

/** Druid's metadata and files may be on systems that ignore the case of names. */
function isSame(one: Place, other: Place): boolean {
  if (one.kind !== other.kind) return false;
  if (one.kind === 'topic') return sameTopic(one.value, other.value);
  if (one.kind === 'location') return canonical(one.value) === canonical(other.value);
  return one.value.toLowerCase() === other.value.toLowerCase();
}

type Use = readonly [Place, Pipeline];

/**
 * Several pipelines may read the same events, and the events may be another pipeline's rows, if each reader declares
 * it.
 */
function mayShare(...uses: readonly [Use, Use]): boolean {
  const readers = uses.filter(([{ setting }]) => setting === 'kafka.topic');
  if (readers.length === 0 || uses.some(([{ setting }]) => setting === 'kafka.deadLetterTopic')) return false;
  return readers.every(([, { kafka }]) => kafka.sharedTopic);
}

/**
 * One text for all ways to write a location. Schemes and ports of one cluster differ, and so does the case of its name.
 */
function canonical(location: string): string {
  const [, scheme, rest = location] = /^([a-z0-9]+):\/\/(.*)$/s.exec(location) ?? [];
  const [first = '', ...parts] = rest.split('/').filter((part) => part !== '' && part !== '.');
  const path = parts.join('/');
  if (scheme === undefined) return `/${first}/${path}`;
  if (scheme.startsWith('s3')) return `s3://${first}/${path}`;
  return `hdfs://${first.replace(/:\d+$/, '').toLowerCase()}/${path.replace(/^webhdfs\/v1(?:\/|$)/, '')}`;
}

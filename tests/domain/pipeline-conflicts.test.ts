import { conflictsBetween, loopThrough } from '../../domain/pipeline-conflicts';
import { pipelineSchema, type Pipeline } from '../../domain/pipeline';

interface Places {
  readonly kafka?: Partial<Pipeline['kafka']>;
  readonly druid?: Partial<Pipeline['druid']>;
  readonly output?: Partial<Pipeline['output']>;
}

/** A pipeline with topics and a datasource of its own, except for the given ones. */
function pipeline(name: string, { kafka, druid, output }: Places = {}): Pipeline {
  return pipelineSchema.parse({
    name,
    timeZone: 'UTC',
    events: { columns: { id: 'BIGINT', time: 'VARCHAR' }, time: { column: 'time' } },
    files: { pattern: '%Y%m%d.%H.json' },
    kafka: { topic: `${name}_in`, outputTopic: `${name}_out`, key: 'id', ...kafka },
    druid: { datasource: name, ...druid },
    output,
  });
}

const found = (one: Places, other: Places): string[] =>
  conflictsBetween(pipeline('one', one), pipeline('other', other)).map(
    ({ setting, value, other: { setting: theirs, value: its } }) => `${setting} ${value} = ${theirs} ${its}`,
  );

it('finds nothing where each pipeline has topics and datasources of its own', () => {
  expect(found({}, {})).toEqual([]);
  const separate = { replace: 'separate', batchDatasource: 'elsewhere' } as const;
  expect(found({ druid: separate }, {})).toEqual([]);
});

it.each<[string, Places, Places, string[]]>([
  [
    'the same events and, by default, the same dead letters',
    { kafka: { topic: 't' } },
    { kafka: { topic: 't' } },
    ['kafka.topic t = kafka.topic t', 'kafka.deadLetterTopic t_dlq = kafka.deadLetterTopic t_dlq'],
  ],
  [
    'the same output topic',
    { kafka: { outputTopic: 'o' } },
    { kafka: { outputTopic: 'o' } },
    ['kafka.outputTopic o = kafka.outputTopic o'],
  ],
  [
    'the same dead letters',
    { kafka: { deadLetterTopic: 'd' } },
    { kafka: { deadLetterTopic: 'd' } },
    ['kafka.deadLetterTopic d = kafka.deadLetterTopic d'],
  ],
  [
    'rows that go where the other expects events',
    { kafka: { outputTopic: 'other_in' } },
    {},
    ['kafka.outputTopic other_in = kafka.topic other_in'],
  ],
  [
    'rows that go among the other’s dead letters',
    { kafka: { outputTopic: 'other_in_dlq' } },
    {},
    ['kafka.outputTopic other_in_dlq = kafka.deadLetterTopic other_in_dlq'],
  ],
  [
    'events that are the other’s dead letters',
    { kafka: { topic: 'other_in_dlq', sharedTopic: true } },
    { kafka: { sharedTopic: true } },
    ['kafka.topic other_in_dlq = kafka.deadLetterTopic other_in_dlq'],
  ],
  [
    'topics that Kafka takes for the same',
    { kafka: { outputTopic: 'a.b_c' } },
    { kafka: { outputTopic: 'a_b.c' } },
    ['kafka.outputTopic a.b_c = kafka.outputTopic a_b.c'],
  ],
  [
    'the same datasource, also in another case',
    { druid: { datasource: 'Rows' } },
    { druid: { datasource: 'rows' } },
    ['druid.datasource Rows = druid.datasource rows'],
  ],
  [
    'a batch that replaces days of the other',
    { druid: { replace: 'separate', batchDatasource: 'other' } },
    {},
    ['druid.batchDatasource other = druid.datasource other'],
  ],
  [
    'a default batch datasource',
    { druid: { replace: 'separate' } },
    { druid: { datasource: 'one_batch' } },
    ['druid.batchDatasource one_batch = druid.datasource one_batch'],
  ],
  [
    'the same place of output, however it is written',
    { output: { location: 's3a://warehouse/rows' } },
    { output: { location: 's3://warehouse/rows/' } },
    ['output.location s3a://warehouse/rows = output.location s3://warehouse/rows/'],
  ],
  ...[
    ['hdfs://NN/w', 'webhdfs://nn:9870/w/'],
    ['http://nn:9870/webhdfs/v1/w', 'hdfs://nn:8020/w'],
    ['/srv//out/', '/srv/./out'],
  ].map(([one = '', other = '']): [string, Places, Places, string[]] => [
    `the place ${one} as ${other}`,
    { output: { location: one } },
    { output: { location: other } },
    [`output.location ${one} = output.location ${other}`],
  ]),
])('finds %s', (_, one, other, expected) => {
  expect(found(one, other)).toEqual(expected);
  expect(conflictsBetween(pipeline('other', other), pipeline('one', one))).toHaveLength(expected.length);
});

it('lets pipelines share events where all of them say so, and one follow the other where it does', () => {
  const kafka = (name: string) => ({ topic: 't', deadLetterTopic: `${name}_bad`, sharedTopic: true });
  expect(found({ kafka: kafka('one') }, { kafka: kafka('other') })).toEqual([]);
  expect(found({ kafka: kafka('one') }, { kafka: { ...kafka('other'), sharedTopic: false } })).toHaveLength(1);
  expect(found({ kafka: { outputTopic: 'other_in' } }, { kafka: { sharedTopic: true } })).toEqual([]);
});

it('finds pipelines that feed each other in a circle, whatever they say', () => {
  const link = (name: string, topic: string, outputTopic: string): Pipeline =>
    pipeline(name, { kafka: { topic, outputTopic, sharedTopic: true } });
  const [a, b, c] = [link('a', 'x', 'y'), link('b', 'y', 'z'), link('c', 'z', 'x')];
  expect(loopThrough(a, [b, c])).toEqual(['a', 'b', 'c']);
  expect(loopThrough(a, [b])).toBeUndefined();
  expect(loopThrough(a, [link('d', 'y', 'y_out'), b])).toBeUndefined();
});

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { artifactsOf } from '../../../scripts/stack/fetch/artifacts';
import { classArchiveOptions, keepClassArchive } from '../../../scripts/stack/fetch/class-archive';
import { silentProgress } from '../../../scripts/stack/progress';
import { findJava } from '../../../scripts/stack/fetch/tools';

export interface Message {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

const FIELD = '\u0001';
const HEADER = '\u0002';
const QUIET_MS = [3_000, 10_000, 60_000];

/**
 * Every committed message of a topic: `expected` of them, or all that exist. Kafka's own consumer reads them, because
 * kafkajs does not sort the aborted transactions of a fetch. If several producers write to a partition, its
 * read_committed mode sometimes shows aborted messages.
 */
export async function contentsOf(brokers: readonly string[], topic: string, expected: number): Promise<Message[]> {
  // How long the consumer may find nothing before it ends. On a busy machine, joining its group alone can take longer.
  let messages: Message[] = [];
  for (const quiet of QUIET_MS) {
    messages = await read(brokers, topic, quiet);
    if (messages.length >= expected) break;
  }
  return messages;
}

async function read(brokers: readonly string[], topic: string, quietMs: number): Promise<Message[]> {
  const properties = {
    'print.partition': true,
    'print.offset': true,
    'print.headers': true,
    'print.key': true,
    'key.separator': FIELD,
    'headers.separator': HEADER,
  };
  const [java, jars] = [await findJava(), await artifactsOf(silentProgress).kafka()];
  const archive = await classArchiveOptions(java, jars, 'console-consumer');
  const { stdout } = await promisify(execFile)(
    java,
    [
      ...[...archive, '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Dfile.encoding=UTF-8'],
      ...['-cp', `${jars}/*`],
      'org.apache.kafka.tools.consumer.ConsoleConsumer',
      ...['--bootstrap-server', brokers.join(), '--topic', topic, '--from-beginning'],
      ...['--isolation-level', 'read_committed', '--timeout-ms', `${quietMs}`],
      ...Object.entries(properties).flatMap(([name, value]) => ['--formatter-property', `${name}=${value}`]),
    ],
    { maxBuffer: 2 ** 30 },
  );
  await keepClassArchive(archive.join(' '));
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('Partition:'))
    .map(parseLine);
}

function parseLine(line: string): Message {
  const [partition = '', offset = '', headers = '', key = '', value = ''] = line.split(FIELD);
  return {
    partition: Number(partition.slice('Partition:'.length)),
    offset: Number(offset.slice('Offset:'.length)),
    headers:
      headers === 'NO_HEADERS'
        ? {}
        : Object.fromEntries(
            headers.split(HEADER).map((header) => header.split(/:(.*)/s).slice(0, 2) as [string, string]),
          ),
    key: key === 'null' ? null : key,
    value: value === 'null' ? null : value,
  };
}

export function valuesOf(messages: readonly Message[]): string[] {
  return messages.map(({ value }) => value ?? '');
}

/** What occurs more or less often than expected, each with both counts. Empty if the two agree. */
export function differences(actual: Iterable<string>, expected: Iterable<string>): string[] {
  const counts = new Map<string, [number, number]>();
  for (const [side, texts] of [actual, expected].entries()) {
    for (const text of texts) {
      const pair = counts.get(text) ?? [0, 0];
      pair[side === 0 ? 0 : 1]++;
      counts.set(text, pair);
    }
  }
  return [...counts].flatMap(([text, [is, should]]) => (is === should ? [] : [`${is} instead of ${should}: ${text}`]));
}

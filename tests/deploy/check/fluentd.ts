import { TZDate, tzOffset } from '@date-fns/tz';
import { basename, dirname } from 'node:path';
import { type Check, textOf } from './deployment';
import { childrenOf, parseFluentd, type Section } from './fluentd-config';

/** Fluentd reports nothing if no match takes a record, or if a label does not exist. So this check reports it. */
export const checkFluentd: Check = (deployment) => {
  const root = { sections: parseFluentd(textOf(deployment, 'deploy/fluentd/fluent.conf')) };
  const tags = childrenOf(root, 'source').flatMap(({ settings }) => settings['tag'] ?? []);
  const labels = childrenOf(root, 'label');
  const matches = [root, ...labels].flatMap((scope) => childrenOf(scope, 'match'));
  const sent = matches
    .flatMap((match) => childrenOf(match, 'store'))
    .flatMap(({ settings }) => settings['@label'] ?? []);
  const unmatched = [...matches, ...childrenOf(root, 'filter')].filter(({ argument }) => !tags.includes(argument));
  const problems = [
    ...unmatched.map(({ name, argument }) => `<${name} ${argument}> takes nothing of the tag ${tags.join(', ')}`),
    ...sent
      .filter((label) => !labels.some(({ argument }) => argument === label))
      .map((label) => `records go to ${label}, which there is not`),
    ...labels.filter(({ argument }) => !sent.includes(argument)).map(({ argument }) => `nothing goes to ${argument}`),
    ...kafkaProblems(outputOf(labels, '@KAFKA'), deployment),
    ...fileProblems(outputOf(labels, '@HDFS'), deployment),
  ];
  return problems.map((problem) => `fluentd: ${problem}`);
};

function outputOf(labels: readonly Section[], label: string): Section | undefined {
  return childrenOf(
    labels.find(({ argument }) => argument === label),
    'match',
  )[0];
}

type Wanted = Readonly<Record<string, string>>;

function differences(where: string, section: Section | undefined, wanted: Wanted): string[] {
  return Object.entries(wanted)
    .filter(([name, value]) => section?.settings[name] !== value)
    .map(([name, value]) => `${where} has ${name} ${section?.settings[name] ?? 'not set'}, not ${value}`);
}

function kafkaProblems(output: Section | undefined, { pipeline, compose }: Parameters<Check>[0]): string[] {
  const listeners = compose.project.services['kafka']?.environment['KAFKA_ADVERTISED_LISTENERS'] ?? '';
  const brokers = output?.settings['brokers'] ?? '';
  return [
    ...differences('@KAFKA', output, {
      '@type': 'kafka2',
      default_topic: pipeline.kafka.topic,
      required_acks: '-1',
      compression_codec: 'gzip',
    }),
    ...differences('@KAFKA <format>', childrenOf(output, 'format')[0], { '@type': 'json' }),
    ...differences('@KAFKA <buffer>', childrenOf(output, 'buffer')[0], { '@type': 'file', flush_interval: '3s' }),
    ...(listeners.includes(`//${brokers}`) ? [] : [`Kafka is not at ${brokers}`]),
  ];
}

function fileProblems(output: Section | undefined, { pipeline, compose }: Parameters<Check>[0]): string[] {
  const buffer = childrenOf(output, 'buffer')[0];
  const path = output?.settings['path'] ?? '';
  const pattern = `${basename(path)}*${output?.settings['path_suffix'] ?? ''}`;
  const data = compose.project.services['worker']?.environment['DAYBREAK_DATA'] ?? '';
  const zone = compose.project.services['fluentd']?.environment['TZ'] ?? 'not set';
  const problems = [
    ...differences('@HDFS', output, { '@type': 'file', append: 'false' }),
    ...differences('@HDFS <buffer>', buffer, {
      '@type': 'file',
      timekey: '1h',
      timekey_wait: '10s',
      timekey_zone: offsetOf(pipeline.timeZone),
      flush_mode: 'lazy',
    }),
  ];
  if (zone !== pipeline.timeZone) problems.push(`TZ is ${zone}, not ${pipeline.timeZone}`);
  if (pattern !== pipeline.files.pattern) problems.push(`files are ${pattern}, not ${pipeline.files.pattern}`);
  if (dirname(path) !== `${data}/${pipeline.name}/input`) problems.push(`the worker does not read ${dirname(path)}`);
  const buffers = `${buffer?.settings['path'] ?? ''}/`;
  if (buffers.startsWith(`${dirname(path)}/`)) problems.push('the buffer is in the folder that is read');
  return problems;
}

/** Such as +0900. Throws if the offset changes in the year, because Fluentd knows only one offset. */
function offsetOf(timeZone: string): string {
  const minutes = [0, 6].map((month) => tzOffset(timeZone, new TZDate(2026, month, 15, timeZone)));
  const [first = 0, second] = minutes;
  if (first !== second) return `an offset, which ${timeZone} changes`;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${first < 0 ? '-' : '+'}${two(Math.floor(Math.abs(first) / 60))}${two(Math.abs(first) % 60)}`;
}

import { counted } from '../../domain/counted';
import { Markdown, markdown, markdownTable } from '../../domain/markdown';
import { countedSince, keptReasons, troubleOf } from '../../domain/speed-shard';
import { failureAge, type SpeedLayerStatus } from '../../domain/speed-layer';

/** The status as the Temporal UI shows it, in Markdown. */
export function describeLayer({ state, shards, supervisor, partitions, failures = [] }: SpeedLayerStatus): Markdown {
  const druid =
    supervisor === undefined
      ? ['not read yet']
      : [
          supervisor.state,
          supervisor.remedy,
          supervisor.sealedUntil && `sealed until ${supervisor.sealedUntil}`,
        ].filter((part) => part !== undefined);
  const rows = partitions.map((one) => [
    ...[one.partition, one.offset, one.lag, Math.round(one.eventsPerSecond), one.deadLetters],
    ...[one.version ?? '', troubleOf(one)],
  ]);
  const head = ['partition', 'offset', 'lag', 'events/s', 'dead letters', 'version', 'trouble'];
  const parts = [
    markdown`**${state}** with ${counted(shards, 'shard')}`,
    markdown`Druid supervisor: ${Markdown.joined(
      druid.map((part) => markdown`${part}`),
      '; ',
    )}`,
    ...failures.map((failure) => markdown`**${failure.part}**: ${failureAge(failure)}: ${failure.message}`),
    ...(rows.length === 0 ? [] : [markdownTable(head, '|--|--|--|--|--|--|--|', rows)]),
    ...countedSince(partitions)
      .slice(0, 1)
      .map((since) => markdown`Dead letters are counted since ${since}.`),
    ...keptReasons(partitions).map(({ reason, version }) => markdown`Version ${version} stays: ${reason}`),
  ];
  return Markdown.joined(parts, '\n\n');
}

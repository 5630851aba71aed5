import { countedSince, keptReasons } from '../../domain/speed';
import { failureText, type SpeedLayerStatus } from '../../domain/speed-layer';

/** The status as the Temporal UI shows it, in Markdown. */
export function describeLayer({ state, shards, supervisor, partitions, failures = [] }: SpeedLayerStatus): string {
  const druid =
    supervisor === undefined
      ? 'not looked at yet'
      : [supervisor.state, supervisor.remedy, supervisor.sealedUntil && `sealed until ${supervisor.sealedUntil}`]
          .filter((part) => part !== undefined)
          .join('; ');
  const table = partitions.map(
    ({ trouble = '', ...one }) =>
      `| ${one.partition} | ${one.offset} | ${one.lag} | ${Math.round(one.eventsPerSecond)} | ${one.deadLetters} | ${one.version ?? ''} | ${trouble} |`,
  );
  const head = ['| partition | offset | lag | events/s | dead letters | version | trouble |', '|--|--|--|--|--|--|--|'];
  return [
    `**${state}** with ${shards} shard(s)\n\nDruid supervisor: ${druid}`,
    ...failures.map((failure) => `**${failure.part}**: ${failureText(failure)}`),
    ...(table.length === 0 ? [] : [[...head, ...table].join('\n')]),
    ...countedSince(partitions)
      .slice(0, 1)
      .map((since) => `Dead letters are counted since ${since}.`),
    ...keptReasons(partitions).map(({ reason, version }) => `Version ${version} stays: ${reason}`),
  ].join('\n\n');
}

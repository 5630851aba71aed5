import { keptReasons, type PartitionProgress } from '../../../domain/speed-shard';
import type { FolderState } from '../../operate/pipeline-folder';

/** Which version of the pipeline each layer runs, and what to do if they differ. */
export function describeVersions(
  pipeline: string,
  folder: FolderState,
  partitions: readonly PartitionProgress[],
): string[] {
  const kept = keptReasons(partitions);
  return [
    ...describeFolder(folder),
    ...kept.flatMap(({ version, reason, partitions: of }) => [
      `! realtime keeps version ${version} (partitions ${of.join(', ')}): ${oneLine(reason)}`,
    ]),
    ...(kept.length === 0 ? [] : [`→ Correct the folder of ${pipeline}: realtime takes it by itself within seconds.`]),
    ...('version' in folder && kept.length === 0 ? describeOthers(folder.version, partitions) : []),
  ];
}

function describeFolder(folder: FolderState): string[] {
  if ('version' in folder) return [`batch: builds with version ${folder.version}`];
  const { code, what, remedy } = folder;
  return [`! batch: builds nothing, ${code}: ${oneLine(what)}`, `→ ${remedy}`];
}

/** Partitions of workers whose folder differs from this machine's. */
function describeOthers(version: string, partitions: readonly PartitionProgress[]): string[] {
  const running = [...new Set(partitions.flatMap((one) => one.version ?? []))].sort();
  const others = running.filter((one) => one !== version);
  if (running.length === 0) return [];
  if (others.length === 0) return [`realtime: runs version ${version}`];
  return [
    `! realtime: runs ${running.map((one) => `version ${one}`).join(' and ')}`,
    '→ Workers take a changed folder within seconds. If this stays, bring the same folder to every worker.',
  ];
}

function oneLine(text: string): string {
  return text.replaceAll('\n', '; ');
}

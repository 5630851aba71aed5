import type { DayManifest, InputFile } from '../../domain/day-manifest';
import { inputLocationOf, LARGEST_REACH, type Pipeline } from '../../domain/pipeline';
import { unpackedName } from '../input/compression';
import { listInputIfAny, withInput } from '../input/input-files';
import type { InputPlace } from '../input/listed-file';
import { readState } from './build-state';
import type { DayOutput, PublishedDay } from './day-output';

type SizedFile = Pick<InputFile, 'file' | 'bytes'>;

interface GoneOptions {
  readonly place: InputPlace;
  readonly pipeline: Pipeline;
  /** Whether an empty file counts as gone if the build had bytes of it. Default: it counts as edited. */
  readonly orEmpty?: boolean;
}

/**
 * A build's files that are gone, both under their name and under their name after compression or decompression, or
 * with `orEmpty` that are empty now. A file that was not read is never among them: it gave no row that could be lost. Neither is one
 * that is only beyond the pipeline's present reach.
 *
 * @param present files that are known to be there. The input is listed only if some are not among them.
 */
export async function filesGone(
  manifest: DayManifest,
  present: readonly SizedFile[],
  { place, pipeline, orEmpty = false }: GoneOptions,
): Promise<readonly InputFile[]> {
  const gone = notAmong(manifest, present, orEmpty);
  if (gone.length === 0) return gone;
  const { own, neighbours } = await listInputIfAny(place, farReaching(pipeline), manifest.date);
  return notAmong(manifest, [...own, ...neighbours], orEmpty);
}

/**
 * The names of the files that a published version lacks although the version had them that Druid serves. Without those of
 * hours that are missing as a whole: the gate refuses a day for these anyway. None if the batch never replaced the day, or
 * the served version is not kept.
 *
 * @param folder <data>/<pipeline>.
 */
export async function filesGoneSinceServed(
  pipeline: Pipeline,
  folder: string,
  { output, published, signal }: { output: DayOutput; published: PublishedDay; signal: AbortSignal },
): Promise<readonly string[]> {
  const last = await output.lastServed();
  const served = last && (await output.read(last.version));
  const { inputs, missingHours } = published.manifest;
  // Most builds lack no file. They need neither their state nor the input.
  if (served === undefined || notAmong(served.manifest, inputs, false).length === 0) return [];
  // The manifest names only those neighbouring files that had records of the day.
  const state = await readState(output, published.version);
  const read = [...inputs, ...(state?.sources ?? []).flatMap(({ files = [] }) => files)];
  const gone = await withInput(
    inputLocationOf(pipeline, folder),
    { scratch: output.scratch, signal, asTheyAre: true },
    (place) => filesGone(served.manifest, read, { place, pipeline }),
  );
  return gone.filter(({ hour }) => !missingHours.includes(hour)).map(({ file }) => file);
}

function notAmong(
  { inputs, unreadFiles = [] }: Pick<DayManifest, 'inputs' | 'unreadFiles'>,
  present: readonly SizedFile[],
  orEmpty: boolean,
): InputFile[] {
  const plainNames = (files: readonly SizedFile[]): Set<string> => new Set(files.map(({ file }) => unpackedName(file)));
  const [all, filled] = [plainNames(present), plainNames(present.filter(({ bytes }) => bytes > 0))];
  const empty = new Set(present.filter(({ bytes }) => bytes === 0).map(({ file }) => file));
  const unread = new Set(unreadFiles.map(({ file }) => file));
  return inputs.filter(({ file, bytes }) => {
    const name = unpackedName(file);
    // A packed file without records becomes an empty one when it is unpacked.
    const isEmptied = orEmpty && bytes > 0 && empty.has(file) && !filled.has(name);
    return (isEmptied || !all.has(name)) && !unread.has(file);
  });
}

/** The build may have read files of more hours around the day than the pipeline does now. */
function farReaching(pipeline: Pipeline): Pipeline {
  return { ...pipeline, files: { ...pipeline.files, reachHours: LARGEST_REACH } };
}

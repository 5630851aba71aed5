import type { DayManifest, InputFile } from '../../domain/day-manifest';
import { inputLocationOf, LARGEST_REACH, type Pipeline } from '../../domain/pipeline';
import { unpackedName } from '../input/compression';
import { listInputIfAny, withInput } from '../input/input-files';
import type { InputPlace } from '../input/listed-file';
import { readState } from './build-state';
import type { DayOutput, PublishedDay } from './day-output';

type NamedFile = Pick<InputFile, 'file'>;

/**
 * A build's files that are gone, both under their name and under their name after compression or decompression. A file
 * that was not read is never among them: it gave no row that could be lost. Neither is one that is only beyond the
 * pipeline's present reach.
 *
 * @param present files that are known to be there. The input is listed only if some are not among them.
 */
export async function filesGone(
  manifest: DayManifest,
  present: readonly NamedFile[],
  { place, pipeline }: { readonly place: InputPlace; readonly pipeline: Pipeline },
): Promise<readonly InputFile[]> {
  const gone = notAmong(manifest, present);
  if (gone.length === 0) return gone;
  const { own, neighbours } = await listInputIfAny(place, farReaching(pipeline), manifest.date);
  return notAmong(manifest, [...own, ...neighbours]);
}

/** A build's files that are empty now, and had bytes. One that was packed or unpacked since then is another file. */
export function filesEmptied(
  { inputs }: Pick<DayManifest, 'inputs'>,
  present: readonly Pick<InputFile, 'file' | 'bytes'>[],
): readonly InputFile[] {
  const empty = new Set(present.filter(({ bytes }) => bytes === 0).map(({ file }) => file));
  const filled = plainNames(present.filter(({ bytes }) => bytes > 0));
  return inputs.filter(({ file, bytes }) => bytes > 0 && empty.has(file) && !filled.has(unpackedName(file)));
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
  if (served === undefined || notAmong(served.manifest, inputs).length === 0) return [];
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
  present: readonly NamedFile[],
): InputFile[] {
  const names = plainNames(present);
  const unread = new Set(unreadFiles.map(({ file }) => file));
  return inputs.filter(({ file }) => !names.has(unpackedName(file)) && !unread.has(file));
}

/** Names without an ending of compression. */
function plainNames(files: readonly NamedFile[]): ReadonlySet<string> {
  return new Set(files.map(({ file }) => unpackedName(file)));
}

/** The build may have read files of more hours around the day than the pipeline does now. */
function farReaching(pipeline: Pipeline): Pipeline {
  return { ...pipeline, files: { ...pipeline.files, reachHours: LARGEST_REACH } };
}

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { addFigures } from '../../../domain/day-figures';
import type { InputFile } from '../../../domain/day-manifest';
import { needsFigures } from '../../../domain/proof-kind';
import { addWrongRows } from '../../../domain/row-checks';
import { unreadable, type ByteRange, type ListedFile } from '../../input/listed-file';
import type { Piece } from '../../input/pieces';
import type { BuildContext, BuildPlan, NeighbourContent, SourceHour } from '../../model/build-plan';
import { settled } from '../../versions/settled';
import { MOST_FAILING, tooManyFailing } from '../stage/failing-records';
import { requireSame } from '../stage/same-files';
import { fileOf, SHARED_FOLDERS, writeEmptyHour } from './hour-builder';
import { NO_ROWS, type WrittenRows } from './hour-output';
import type { HourToRead, HourToRebuild, HourWorker, ReadHour, WrittenFile } from './hour-worker';
import {
  pieceName,
  type FileHashes,
  type HourPart,
  type PartFile,
  type PieceReading,
  type PieceSteps,
  type ReadPiece,
  type WrittenPart,
} from './piece-steps';
import type { WorkerPool } from './worker-pool';

export interface LargeHourBuild {
  readonly plan: BuildPlan;
  readonly context: BuildContext;
  readonly pool: WorkerPool;
}

/** An hour that was read in pieces. */
export interface ReadLargeHour extends ReadHour {
  /** For each piece, what it has of other hours. */
  readonly misplaced: readonly MisplacedPart[];
}

/** Records of other hours that a source or a piece of it has; see MisplacedRecords. */
export interface MisplacedPart {
  /** The hour of the source, or the name of the piece. */
  readonly name: string;
  readonly records: SourceHour['misplaced'];
}

type WholePiece = Extract<ReadPiece, { readonly outcome: 'read' }>;

/**
 * Builds an hour that is so large that several workers share its work. Its files are read in pieces. The records of all
 * pieces are the parts of the hour, in an order that depends on the files alone. The first record of an identity stays,
 * the parts are transformed, and their rows are joined. The result is that of `HourBuilder`, which does all this with one
 * worker, in memory.
 */
export class LargeHour {
  readonly #hour: string;
  readonly #pieces: readonly Piece[];
  readonly #build: LargeHourBuild;
  /** The numbers of the pieces that the progress has counted. */
  readonly #counted = new Set<number>();
  /** The hashes of the files that are read in parts. */
  #hashes: Promise<readonly CutFileHashes[]> | undefined;

  constructor(hour: string, pieces: readonly Piece[], build: LargeHourBuild) {
    this.#hour = hour;
    this.#pieces = pieces;
    this.#build = build;
  }

  /** See HourWorker. */
  async read({ same, write }: Pick<HourToRead, 'same' | 'write'>): Promise<ReadLargeHour> {
    return this.#attempt({ isSource: true, write }, async (pieces, files, isGood) => {
      if (same !== undefined) requireSame(this.#hour, files, same);
      const written = write ? await this.#write(pieces, [], undefined, isGood) : undefined;
      if (write && written === undefined) return undefined;
      const source = sourceOf(this.#hour, files, pieces);
      const misplaced = pieces.map(({ source: found }, number) => ({
        name: pieceName(this.#hour, number),
        records: found?.source.misplaced ?? {},
      }));
      return { source, quarantine: await this.#joinBad(pieces), written, misplaced };
    });
  }

  /** See HourWorker. `misplaced`: the hour's records in other files, in order. */
  async rebuild({
    before,
    misplaced,
    repeated,
  }: Pick<HourToRebuild, 'before' | 'repeated'> & { readonly misplaced: readonly PartFile[] }): Promise<WrittenFile> {
    return this.#attempt({ isSource: false, write: false }, (pieces, files, isGood) => {
      requireSame(this.#hour, files, before ?? []);
      return this.#write(pieces, misplaced, repeated, isGood);
    });
  }

  /**
   * Reads all pieces in the same way, and uses them. If one needs another way, or if they are of no use because the
   * transform fails, all are read again.
   */
  async #attempt<T>(
    how: { readonly isSource: boolean; readonly write: boolean },
    use: (pieces: readonly WholePiece[], files: readonly InputFile[], isGood: boolean) => Promise<T | undefined>,
  ): Promise<T> {
    let before: readonly InputFile[] | undefined;
    let reading: PieceReading = how.isSource ? 'proven' : 'all';
    try {
      for (;;) {
        const read = await this.#readPieces({ ...how, reading });
        if (typeof read === 'string') {
          reading = read;
          continue;
        }
        const { pieces, files } = read;
        if (before !== undefined) requireSame(this.#hour, files, before);
        before = files;
        const used = await use(pieces, files, reading === 'good');
        if (used !== undefined) return used;
        reading = 'good';
      }
    } finally {
      await this.#removeFiles(SHARED_FOLDERS.pieces);
    }
  }

  /** Resolves to the way in which they must be read instead, if they must. */
  async #readPieces(how: {
    readonly reading: PieceReading;
    readonly isSource: boolean;
    readonly write: boolean;
  }): Promise<PieceReading | { readonly pieces: readonly WholePiece[]; readonly files: readonly InputFile[] }> {
    // First, since one worker reads all of a file for it.
    this.#hashes ??= this.#each(cutFiles(this.#pieces), async (steps, { file, ranges }) => ({
      file,
      ...(await steps.hashFile({ path: file.path, ranges })),
    }));
    let outcome: ReadPiece['outcome'] = 'read';
    const reading = this.#pieces.map(async (files, number) => {
      // What is read again only to be written was counted when it was read as a source.
      const isCounted = how.isSource && !this.#counted.has(number);
      const read = await this.#step(async (steps) =>
        outcome === 'read' ? steps.read({ hour: this.#hour, number, files, isCounted, ...how }) : undefined,
      );
      if (read !== undefined && read.outcome !== 'unproven') this.#counted.add(number);
      if (read !== undefined && outcome === 'read') outcome = read.outcome;
      return read;
    });
    const reads = settled(reading);
    await Promise.allSettled([this.#hashes, reads]);
    const [hashes, read] = [await this.#hashes, await reads];
    const pieces = read.flatMap((piece) => (piece?.outcome === 'read' ? [piece] : []));
    if (pieces.length === this.#pieces.length) {
      requireFew(pieces);
      return { pieces, files: filesOf(pieces, this.#pieces, hashes) };
    }
    return read.some((piece) => piece?.outcome === 'failing') ? 'good' : 'all';
  }

  /** Writes the hour. Undefined if the transform fails on a record. */
  async #write(
    pieces: readonly WholePiece[],
    misplaced: readonly PartFile[],
    repeated: HourToRebuild['repeated'],
    isGood: boolean,
  ): Promise<WrittenFile | undefined> {
    const proven = pieces.flatMap((piece) => (piece.proven === undefined ? [] : [piece.proven]));
    const staged = pieces.flatMap((piece) => (piece.staged === undefined ? [] : [piece.staged]));
    const parts = [...proven, ...staged, ...misplaced]
      .filter(({ rows }) => rows > 0)
      .map((part, number): HourPart => ({ ...part, hour: this.#hour, number }));
    const redundant = await this.#findRedundant(parts);
    if (repeated === undefined) await this.#removeFiles(SHARED_FOLDERS.identities);
    const written = await this.#each(parts, (steps, part) => steps.write({ ...part, redundant, repeated, isGood }));
    const whole = written.flatMap((part) => (part === undefined ? [] : [part]));
    if (whole.length < written.length) return undefined;

    const records = sumOf(pieces, ({ duplicates }) => duplicates) + sumOf(parts, ({ rows }) => rows);
    const kept = sumOf(whole, (part) => part.kept);
    const duplicates = records - kept;
    if (kept === 0) return { ...(await writeEmptyHour(this.#build.context.folder, this.#hour)), duplicates };
    const paths = whole.flatMap(({ path }) => (path === undefined ? [] : [path]));
    const joined = await this.#step((steps) => steps.join({ hour: this.#hour, paths }));
    const rows = rowsOfParts(this.#build.plan.loaded.pipeline, whole);
    return { hour: this.#hour, file: fileOf(this.#hour), kept, duplicates, ...rows, ...joined };
  }

  /** Finds the records whose identity an earlier record has. First by hashes, which few records share; then by value. */
  async #findRedundant(parts: readonly HourPart[]): Promise<readonly string[]> {
    const hour = this.#hour;
    const slices = Array.from({ length: this.#build.pool.size }, (_, slice) => ({
      slice,
      slices: this.#build.pool.size,
    }));
    const hashes = await this.#each(parts, (steps, part) => steps.hashIdentities(part));
    if (hashes.length === 0) return [];
    const found = await this.#each(slices, (steps, slice) => steps.findShared({ hour, hashes, ...slice }));
    const shared = found.flatMap((path) => (path === undefined ? [] : [path]));
    if (shared.length === 0) return [];
    const alike = await this.#each(parts, (steps, part) => steps.findAlike({ ...part, shared }));
    return this.#each(slices, (steps, slice) => steps.findRedundant({ hour, alike, ...slice }));
  }

  /** Joins the bad records of the pieces. Undefined if there are none. */
  async #joinBad(read: readonly WholePiece[]): Promise<string | undefined> {
    const faults = read.flatMap((piece) => piece.faults);
    let linesBefore = 0;
    const pieces = read.map(({ source, lines }, number) => {
      const from = this.#pieces[number]?.[0]?.range?.from ?? 0;
      linesBefore = from === 0 ? 0 : linesBefore;
      const piece = { path: source?.quarantine, linesBefore };
      linesBefore += lines;
      return piece;
    });
    if (faults.length === 0 && pieces.every(({ path }) => path === undefined)) return undefined;
    return this.#step((steps) => steps.joinBad({ hour: this.#hour, pieces, faults }));
  }

  #each<Item, T>(items: readonly Item[], step: (steps: PieceSteps, item: Item) => Promise<T>): Promise<T[]> {
    return settled(items.map((item) => this.#step((steps) => step(steps, item))));
  }

  /** What is begun is finished before another hour begins: until then its files take room. */
  #step<T>(step: (steps: PieceSteps) => Promise<T>): Promise<T> {
    return this.#build.pool.run(({ pieces }: HourWorker) => step(pieces), { isUrgent: true });
  }

  /** Removes the hour's files in a folder that the workers share. */
  async #removeFiles(shared: string): Promise<void> {
    const folder = join(this.#build.context.folder, shared);
    const names = (await readdir(folder)).filter(
      (name) => name.startsWith(`${this.#hour}.`) || name.startsWith(`${this.#hour}-`),
    );
    await Promise.all(names.map((name) => rm(join(folder, name), { force: true })));
  }
}

interface CutFileHashes extends FileHashes {
  readonly file: ListedFile;
}

interface CutFile {
  readonly file: ListedFile;
  readonly ranges: readonly ByteRange[];
}

/** The files that are read in parts, with these parts. */
function cutFiles(pieces: readonly Piece[]): CutFile[] {
  const cut = new Map<string, { readonly file: ListedFile; readonly ranges: ByteRange[] }>();
  for (const [file] of pieces) {
    if (file?.range === undefined) continue;
    const known = cut.get(file.file) ?? { file, ranges: [] };
    known.ranges.push(file.range);
    cut.set(file.file, known);
  }
  return [...cut.values()];
}

/**
 * The files of the pieces, each once. Throws UNREADABLE_INPUT if a part of a file was not read as it was when the whole
 * file was hashed.
 */
function filesOf(read: readonly WholePiece[], pieces: readonly Piece[], hashed: readonly CutFileHashes[]): InputFile[] {
  const files: InputFile[] = [];
  let part = 0;
  for (const [number, piece] of read.entries()) {
    const [first] = pieces[number] ?? [];
    const whole = first?.range && hashed.find(({ file }) => file.file === first.file);
    if (whole === undefined) {
      files.push(...piece.files);
      continue;
    }
    if (first?.range?.from === 0) {
      const { file, hour, bytes } = whole.file;
      files.push({ file, hour, bytes, sha256: whole.sha256 });
      part = 0;
    }
    if (piece.files[0]?.sha256 !== whole.ranges[part]) {
      throw unreadable(whole.file.file, new Error('it was written to while the day was built'));
    }
    part += 1;
  }
  return files;
}

/** Throws ENGINE_FAILED if the transform fails on too many records of all pieces. */
function requireFew(pieces: readonly WholePiece[]): void {
  const failing = pieces.flatMap(({ rejected }) => rejected);
  if (failing.length > MOST_FAILING) throw tooManyFailing(failing[MOST_FAILING] ?? '');
}

/** What is in the files of the hour. */
function sourceOf(hour: string, files: readonly InputFile[], pieces: readonly WholePiece[]): SourceHour {
  const sources = pieces.flatMap(({ source }) => (source === undefined ? [] : [source.source]));
  const faults = pieces.flatMap((piece) => piece.faults);
  const unread = sources.flatMap((source) => source.unreadFiles ?? []);
  const damagedFiles = sources.flatMap((source) => source.damagedFiles ?? []);
  const misplaced = new Map<string, number>();
  for (const source of sources) {
    for (const [target, records] of Object.entries(source.misplaced)) {
      misplaced.set(target, (misplaced.get(target) ?? 0) + records);
    }
  }
  const neighbours = sources.flatMap(({ neighbour }) => (neighbour === undefined ? [] : [neighbour]));
  return {
    hour,
    files,
    read: sumOf(sources, ({ read }) => read) + faults.length,
    outsideDay: sumOf(sources, ({ outsideDay }) => outsideDay),
    quarantined: sumOf(sources, ({ quarantined }) => quarantined) + faults.length,
    misplaced: Object.fromEntries([...misplaced].sort(([one], [other]) => (one < other ? -1 : 1))),
    truncatedFiles: [...new Set(faults.map(({ file }) => file))],
    ...(unread.length > 0 && { unreadFiles: unread }),
    ...(damagedFiles.length > 0 && { damagedFiles }),
    ...(neighbours.length > 0 && { neighbour: neighbourOf(neighbours) }),
  };
}

function neighbourOf(parts: readonly NeighbourContent[]): NeighbourContent {
  return {
    records: sumOf(parts, ({ records }) => records),
    digest: parts.reduce((sum, { digest }) => sum + BigInt(digest), 0n).toString(),
  };
}

/** The counts of an hour's rows, which has some. */
function rowsOfParts(pipeline: Parameters<typeof needsFigures>[0], parts: readonly WrittenPart[]): WrittenRows {
  const rows = {
    written: sumOf(parts, ({ written }) => written),
    filtered: sumOf(parts, ({ filtered }) => filtered),
    multiplied: sumOf(parts, ({ multiplied }) => multiplied),
    unmatched: sumOf(parts, ({ unmatched }) => unmatched),
  };
  const figures = parts.flatMap((part) => (part.figures === undefined ? [] : [part.figures]));
  const wrong = parts.flatMap((part) => (part.wrong === undefined ? [] : [part.wrong]));
  const [firstFigures, ...otherFigures] = needsFigures(pipeline, rows.written) ? figures : [];
  const [firstWrong, ...otherWrong] = wrong;
  return {
    ...NO_ROWS,
    ...rows,
    ...(firstFigures && { figures: otherFigures.reduce(addFigures, firstFigures) }),
    ...(firstWrong && { wrong: otherWrong.reduce(addWrongRows, firstWrong) }),
  };
}

function sumOf<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((sum, one) => sum + of(one), 0);
}

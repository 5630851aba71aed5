import { isNeighbour } from '../../../domain/file-hours';
import type { BuildPlan, SourceHour } from '../../model/build-plan';

/**
 * Records which source hours hold records of which hours, as far as known. This decides which hours to write, and which
 * files to read for them.
 */
export class MisplacedLedger {
  readonly #plan: BuildPlan;
  readonly #sources = new Map<string, SourceHour>();
  /** Grows when a changed file holds records of another hour. */
  readonly #targets: Set<string>;
  /** Source hours that were read or are being read. */
  readonly #begun = new Set<string>();
  /**
   * Source hours in the order in which they are read. Neighbouring ones decide what else must be read. Then come the
   * largest, so that the workers end at about the same time.
   */
  readonly #order: readonly string[];

  constructor(plan: BuildPlan) {
    this.#plan = plan;
    const { previous, changed, hours } = plan;
    const before = [...changed].flatMap((hour) => this.#before(hour));
    this.#targets = new Set(
      previous.size === 0 ? hours : hours.filter((hour) => changed.has(hour) || before.includes(hour)),
    );
    const bytes = new Map(
      [...plan.sources].map(([hour, files]) => [
        hour,
        isNeighbour(hour) ? Infinity : files.reduce((sum, file) => sum + file.bytes, 0),
      ]),
    );
    this.#order = [...bytes].sort(([, one], [, other]) => (one === other ? 0 : other - one)).map(([hour]) => hour);
  }

  /** The source hours that were read. */
  get sources(): ReadonlyMap<string, SourceHour> {
    return this.#sources;
  }

  /** Hours to write. */
  get targets(): ReadonlySet<string> {
    return this.#targets;
  }

  /**
   * The next source hour to read: that of an hour to be written, or an unchanged one that holds records of such an
   * hour. Each comes once.
   */
  nextSource(): string | undefined {
    const { changed } = this.#plan;
    const next = this.#order.find(
      (hour) =>
        !this.#begun.has(hour) &&
        (changed.has(hour) ||
          this.#targets.has(hour) ||
          this.#before(hour).some((target) => this.#targets.has(target))),
    );
    if (next !== undefined) this.#begun.add(next);
    return next;
  }

  /** Records the outcome of one source hour. */
  record(source: SourceHour): void {
    this.#sources.set(source.hour, source);
    for (const target of Object.keys(source.misplaced)) this.#targets.add(target);
  }

  /** Source hours, in order, that hold records of `target` and have been read. */
  sourcesOf(target: string): SourceHour[] {
    const sources = [...this.#sources.values()].filter(({ misplaced }) => (misplaced[target] ?? 0) > 0);
    return sources.sort((a, b) => (a.hour < b.hour ? -1 : 1));
  }

  /** How many records of `target` these source hours hold. */
  recordsOf(target: string): number {
    return this.sourcesOf(target).reduce((total, { misplaced }) => total + (misplaced[target] ?? 0), 0);
  }

  /** The hours whose records the previous build found in the source hour. */
  #before(hour: string): string[] {
    return Object.keys(this.#plan.previous.get(hour)?.misplaced ?? {});
  }
}

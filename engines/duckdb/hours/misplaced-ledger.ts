import type { BuildPlan, SourceHour } from '../../model/build-plan';

/**
 * Which source hours hold records of which hours, as far as they are known, and what follows from it: which hours are to be
 * written, and which files must be read for them.
 */
export class MisplacedLedger {
  readonly #plan: BuildPlan;
  readonly #sources = new Map<string, SourceHour>();
  /** Grows when a changed file holds records of another hour. */
  readonly #targets: Set<string>;
  /** Source hours that were or are being read. */
  readonly #begun = new Set<string>();

  constructor(plan: BuildPlan) {
    this.#plan = plan;
    const { previous, changed, hours } = plan;
    const before = [...changed].flatMap((hour) => this.#before(hour));
    this.#targets = new Set(
      previous.size === 0 ? hours : hours.filter((hour) => changed.has(hour) || before.includes(hour)),
    );
  }

  /** What was read, by source hour. */
  get sources(): ReadonlyMap<string, SourceHour> {
    return this.#sources;
  }

  /** Hours to write. */
  get targets(): ReadonlySet<string> {
    return this.#targets;
  }

  /** The source of an hour to be written, or an unchanged one that holds records of such an hour, once each. */
  nextSource(): string | undefined {
    const { sources, changed } = this.#plan;
    const next = [...sources.keys()].find(
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

  /** How many records of `target` they hold. */
  recordsOf(target: string): number {
    return this.sourcesOf(target).reduce((total, { misplaced }) => total + (misplaced[target] ?? 0), 0);
  }

  /** The hours whose records the previous build found in the source hour. */
  #before(hour: string): string[] {
    return Object.keys(this.#plan.previous.get(hour)?.misplaced ?? {});
  }
}

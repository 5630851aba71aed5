import * as z from 'zod';
import type { BusinessDate } from '../../../domain/business-date';

/** The object that names the current version of a day, relative to the day's own folder. */
export const RECORD_FILE = '_current.json';

const instant = z.iso.datetime();
const VERSION = /^[0-9a-f]{16}$/;
const version = z.string().regex(VERSION);

/** Whether it is the name of a version. */
export function isVersion(name: string): boolean {
  return VERSION.test(name);
}

const recordSchema = z.object({
  formatVersion: z.literal(1),
  date: z.string(),
  /** The current version. */
  version,
  /** Its folder, relative to the output's location. */
  folder: z.string(),
  /**
   * The kept versions. `servedAt`: when Druid was proven to serve it. `task`: the task that loaded it. `isRestored`:
   * whether an operator restored it then.
   */
  versions: z.array(
    z.object({
      version,
      builtAt: instant,
      servedAt: instant.optional(),
      task: z.string().optional(),
      isRestored: z.boolean().optional(),
    }),
  ),
  /** Versions whose files are being removed. Nobody publishes under such a name. */
  removed: z.array(z.object({ version, removedAt: instant })),
});

/** What `<output>/<date>/_current.json` says of a day's versions. One conditional write replaces it. */
export type DayRecord = z.infer<typeof recordSchema>;

/** Throws a ZodError or a SyntaxError if it is no such record. */
export function parseRecord(content: Buffer): DayRecord {
  return recordSchema.parse(JSON.parse(content.toString()));
}

export function recordText(record: DayRecord): string {
  return `${JSON.stringify(recordSchema.parse(record), undefined, 1)}\n`;
}

/** The folder of a day's versions, relative to the output's location. */
export function versionsKey(date: BusinessDate): string {
  return `.versions/${date}/`;
}

/** The names of the versions, by the time that `at` gives, latest first. Those without are left out. */
export function latestFirst({ versions }: DayRecord, at: 'builtAt' | 'servedAt'): string[] {
  return versions
    .flatMap((kept) => (kept[at] === undefined ? [] : [{ name: kept.version, at: kept[at] }]))
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
    .map(({ name }) => name);
}

/**
 * This moment as ISO 8601, at least a millisecond after the time that `at` gives for every other version: what came last is
 * last, also if the clocks of two workers differ.
 */
export function nowAfterOthers(
  record: DayRecord | undefined,
  { version: own, at, now }: { readonly version: string; readonly at: 'builtAt' | 'servedAt'; readonly now: Date },
): string {
  const others = (record?.versions ?? []).filter((kept) => kept.version !== own);
  const latest = Math.max(...others.map((kept) => Date.parse(kept[at] ?? '') || 0), 0);
  return new Date(Math.max(now.getTime(), latest + 1)).toISOString();
}

/** For a week: removing a folder takes less, also if its worker is killed and another one goes on with it. */
const REMEMBERED_MILLISECONDS = 7 * 24 * 3_600_000;

export interface Publication {
  readonly date: BusinessDate;
  readonly version: string;
  readonly now: Date;
  /** How many of the latest versions are kept, and how many of the latest that Druid has served. */
  readonly keep: number;
  /** Versions that killed builds left, and nobody published. */
  readonly orphans: readonly string[];
}

/** The record after a version is published or restored. */
export function withCurrent(before: DayRecord | undefined, given: Publication): DayRecord {
  const { date, version: current, now, keep, orphans } = given;
  const at = now.toISOString();
  const known = before?.versions.find((kept) => kept.version === current);
  const others = (before?.versions ?? []).filter((kept) => kept !== known);
  const all: DayRecord = {
    ...(before ?? { formatVersion: 1, date, removed: [] }),
    version: current,
    folder: `${versionsKey(date)}${current}`,
    versions: [
      ...others,
      { ...known, version: current, builtAt: nowAfterOthers(before, { version: current, at: 'builtAt', now }) },
    ],
  };
  const kept = new Set([
    current,
    ...latestFirst(all, 'builtAt').slice(0, keep),
    ...latestFirst(all, 'servedAt').slice(0, keep),
  ]);
  const remembered = all.removed.filter(
    ({ removedAt }) => now.getTime() - Date.parse(removedAt) < REMEMBERED_MILLISECONDS,
  );
  const dropped = [...all.versions.map(({ version: name }) => name), ...orphans].filter(
    (name) => !kept.has(name) && !remembered.some((removed) => removed.version === name),
  );
  return {
    ...all,
    versions: all.versions.filter(({ version: name }) => kept.has(name)),
    removed: [...remembered, ...dropped.map((name) => ({ version: name, removedAt: at }))],
  };
}

import * as z from 'zod';
import { counted } from './counted';
import type { RecordCounts, UnreadFile } from './day-manifest';
import type { ErrorCode } from './errors';
import type { Pipeline } from './pipeline';
import { describeCheck, type CheckedDay } from './checked-day';
import { checkName } from './row-checks';

/** Refusals that an operator may accept. */
export const ACCEPTABLE_GATE_CODES = [
  'NOT_SETTLED',
  'MISSING_HOURS',
  'EMPTY_DAY',
  'TOO_MANY_QUARANTINED',
  'TOO_MANY_OUTSIDE',
  'TRUNCATED_FILES',
  'FILES_GONE',
  'CHECK_FAILED',
  'BATCH_SHORT',
  'COMPACTION_CONFLICT',
] as const satisfies readonly ErrorCode[];
export type AcceptableGateCode = (typeof ACCEPTABLE_GATE_CODES)[number];

const acceptance = z.union([z.enum(ACCEPTABLE_GATE_CODES), z.templateLiteral(['CHECK_FAILED:', checkName])]);
/** What an operator accepts: every refusal of a code, or the refusal of one check, such as 'CHECK_FAILED:no_uid'. */
export type Acceptance = z.infer<typeof acceptance>;

/** Undefined if it is none. */
export function acceptanceIn(text: string): Acceptance | undefined {
  return acceptance.safeParse(text).data;
}

/** What an operator accepts, as callers give it. */
export const acceptInput = z.object({ accept: z.array(acceptance).max(100) });

/** Whether an operator accepts the refusal. */
export function isAccepted({ code, check }: GateRefusal, accept: readonly Acceptance[]): boolean {
  return accept.includes(code) || (check !== undefined && accept.includes(`CHECK_FAILED:${check}`));
}

/**
 * The reasons not to replace a day: the closed set of refusals of the gate. Without files or tables there is no batch
 * to accept.
 */
export const GATE_CODES = ['NO_INPUT', 'BAD_TABLE', ...ACCEPTABLE_GATE_CODES] as const satisfies readonly ErrorCode[];
export type GateCode = (typeof GATE_CODES)[number];

export interface GateRefusal {
  readonly code: AcceptableGateCode;
  /** The name of the check. Only of CHECK_FAILED, which refuses once for each check. */
  readonly check?: string;
  /** What was found, with figures, and what to do. */
  readonly reason: string;
  /** What was found and what is allowed, as numbers. */
  readonly figures: Readonly<Record<string, number>>;
}

export interface GateInput {
  readonly missingHours: readonly string[];
  readonly counts: Pick<RecordCounts, 'read' | 'fromNeighbours' | 'quarantined' | 'outsideDay'>;
  /** Files that are incomplete or in a format that is not read: their number, and some of their names. */
  readonly truncated: TruncatedFiles;
  /** Files of the version that Druid serves that are not in the input any more. Default: none. */
  readonly gone?: TruncatedFiles | undefined;
  /** Default: none. */
  readonly checks?: readonly CheckedDay[];
  /** The day as commands name it. Default: the reasons name no command. */
  readonly day?: { readonly pipeline: string; readonly date: string };
  /** See `compactionFindings`. Default: none. */
  readonly compactionConflicts?: readonly string[];
  /** Rows that the batch wrote, by local hour. */
  readonly written: Readonly<Record<string, number>>;
  /** Distinct rows that Druid serves before the day is replaced, by local hour. */
  readonly realtimeDistinct: Readonly<Record<string, number>>;
}

export interface TruncatedFiles {
  readonly count: number;
  readonly names: readonly string[];
}

const NAMES_SHOWN = 10;

/** The truncated files of a day. There may be many. */
export function truncatedFiles(names: readonly string[], unread: readonly UnreadFile[] = []): TruncatedFiles {
  const reasons = new Map(unread.map(({ file, reason }) => [file, reason]));
  const shown = names.slice(0, NAMES_SHOWN).map((name) => {
    const reason = reasons.get(name);
    return reason === undefined ? name : `${name}: ${reason}`;
  });
  return { count: names.length, names: shown };
}

/** The same of files that are listed with what is wrong with them. */
export function damagedFiles(files: readonly UnreadFile[]): TruncatedFiles {
  return truncatedFiles(
    files.map(({ file }) => file),
    files,
  );
}

/**
 * The files of neighbouring hours that could not be read to their end, as one sentence. They are no reason to refuse the
 * day: few of its records are there, and the gate refuses the day of the files themselves.
 */
export function describeDamaged({ count, names }: TruncatedFiles): string {
  const more = count > names.length ? '; …' : '';
  const [files, were, their] = [counted(count, 'file'), count === 1 ? 'was' : 'were', count === 1 ? 'its' : 'their'];
  return `${files} of neighbouring hours ${were} not read to ${their} end, so records of the day may be missing: ${names.join('; ')}${more}`;
}

export function isGateCode(code: unknown): code is GateCode {
  return GATE_CODES.some((known) => known === code);
}

/** How a day ended that failed with this code: 'refused:<gate code>' or 'failed:<error code>'. */
export function outcomeOfCode(code: string): string {
  return isGateCode(code) ? `refused:${code}` : `failed:${code}`;
}

/** Every refusal that applies to a built day. An empty list lets the day be replaced. */
export function refusalsOf(gate: Pipeline['gate'], input: GateInput): GateRefusal[] {
  const refusals: GateRefusal[] = [];
  const { missingHours, written, realtimeDistinct, counts, truncated, day } = input;
  const why = day === undefined ? '' : `: npx daybreak quarantine show --pipeline ${day.pipeline} --date ${day.date}`;
  if (missingHours.length > gate.allowedMissingHours) {
    refusals.push({
      code: 'MISSING_HOURS',
      reason:
        `${counted(missingHours.length, 'hour')} ${missingHours.length === 1 ? 'has' : 'have'} no input file (${missingHours.join(', ')}); the pipeline allows ` +
        `${gate.allowedMissingHours}. Bring the files, raise gate.allowedMissingHours, or accept MISSING_HOURS.`,
      figures: { missing: missingHours.length, allowed: gate.allowedMissingHours },
    });
  }
  if (sum(Object.values(written)) === 0) {
    refusals.push({
      code: 'EMPTY_DAY',
      reason: `the batch has no row at all. Check the input folder and the quarantine${why}. Or accept EMPTY_DAY.`,
      figures: { rows: 0 },
    });
  }
  if (counts.quarantined > gate.maximumQuarantined * counts.read) {
    refusals.push({
      code: 'TOO_MANY_QUARANTINED',
      reason:
        `${counts.quarantined} of ${counts.read} records are bad (${percent(counts.quarantined / counts.read)}, allowed ` +
        `${percent(gate.maximumQuarantined)}). Read the reasons in the quarantine${why}. Then raise ` +
        'gate.maximumQuarantined, or accept TOO_MANY_QUARANTINED.',
      figures: { quarantined: counts.quarantined, read: counts.read, allowedShare: gate.maximumQuarantined },
    });
  }
  const own = counts.read - counts.fromNeighbours;
  if (counts.outsideDay > gate.maximumOutsideDay * own) {
    refusals.push({
      code: 'TOO_MANY_OUTSIDE',
      reason:
        `${counts.outsideDay} of ${own} records in the day's own files are of other days ` +
        `(${percent(counts.outsideDay / own)}, allowed ${percent(gate.maximumOutsideDay)}). Check files.timeZone, the ` +
        'zone in which the files are named, raise gate.maximumOutsideDay, or accept TOO_MANY_OUTSIDE.',
      figures: { outside: counts.outsideDay, read: own, allowedShare: gate.maximumOutsideDay },
    });
  }
  if (truncated.count > 0) {
    const more = truncated.count > truncated.names.length ? ', …' : '';
    refusals.push({
      code: 'TRUNCATED_FILES',
      reason:
        `${counted(truncated.count, 'file')} ${truncated.count === 1 ? 'was' : 'were'} not read to ${truncated.count === 1 ? 'its' : 'their'} end (${truncated.names.join(', ')}${more}), so records may be ` +
        `missing. Their lines in the quarantine say why${why}. Bring them again in a way that is read, or accept ` +
        'TRUNCATED_FILES.',
      figures: { truncated: truncated.count },
    });
  }
  const { gone } = input;
  if (gone !== undefined && gone.count > 0) {
    const more = gone.count > gone.names.length ? ', …' : '';
    refusals.push({
      code: 'FILES_GONE',
      reason:
        `${counted(gone.count, 'input file')} of what Druid serves ${gone.count === 1 ? 'is' : 'are'} gone (${gone.names.join(', ')}${more}), so the day would ` +
        `lose ${gone.count === 1 ? 'its' : 'their'} rows. Bring ${gone.count === 1 ? 'it' : 'them'} back, or accept FILES_GONE if other files have these rows.`,
      figures: { gone: gone.count },
    });
  }
  refusals.push(...checkRefusals(input));
  const realtime = sum(Object.values(realtimeDistinct));
  // Hour by hour, so that a surplus in one hour cannot hide a shortfall in another.
  const shortfall = sum(
    Object.entries(realtimeDistinct).map(([hour, distinct]) => Math.max(0, distinct - (written[hour] ?? 0))),
  );
  if (realtime > 0 && shortfall / realtime > gate.maximumShortfall) {
    refusals.push({
      code: 'BATCH_SHORT',
      reason:
        `the batch lacks ${shortfall} of ${realtime} distinct rows that Druid serves ` +
        `(${percent(shortfall / realtime)}, allowed ${percent(gate.maximumShortfall)}). ` +
        'Find the hourly files that did not arrive, or accept BATCH_SHORT.',
      figures: { lacking: shortfall, realtime, allowedShare: gate.maximumShortfall },
    });
  }
  const { compactionConflicts = [] } = input;
  if (compactionConflicts.length > 0) {
    refusals.push({
      code: 'COMPACTION_CONFLICT',
      reason:
        `Druid's compaction would change the rows that are compared: ${compactionConflicts.join('; ')}. Remove these settings from its ` +
        'configuration, or accept COMPACTION_CONFLICT.',
      figures: { conflicts: compactionConflicts.length },
    });
  }
  return refusals;
}

function checkRefusals({ checks = [], day }: GateInput): GateRefusal[] {
  return checks
    .filter(({ wrong, allowed }) => wrong > allowed)
    .map((check) => {
      const on = day && `--pipeline ${day.pipeline} --date ${day.date}`;
      const look = on === undefined ? '' : `Look at the rows: npx daybreak batch rows ${on} --check ${check.name}. `;
      const again = on === undefined ? '' : `: npx daybreak batch run ${on} --accept CHECK_FAILED:${check.name}`;
      return {
        code: 'CHECK_FAILED',
        check: check.name,
        reason:
          `the check ${describeCheck(check)}. ${look}Correct what makes them, raise atMost of the check, or accept ` +
          `CHECK_FAILED:${check.name}${again}.`,
        figures: { wrong: check.wrong, allowed: check.allowed },
      };
    });
}

/** The clocks of two machines that are kept right differ by less. */
const CLOCKS_DIFFER_SECONDS = 5;

/** How long the input may keep a day waiting. */
export type SettleGate = Pick<Pipeline['gate'], 'settleSeconds' | 'settleTimeoutSeconds'>;

/**
 * The refusal if the input still changes after all the time that the pipeline allows.
 *
 * @param last the file that changed last, and how many seconds ago.
 */
export function notSettled(gate: SettleGate, last: { readonly file: string; readonly seconds: number }): GateRefusal {
  const unchanged = Math.max(0, Math.floor(last.seconds));
  const [change, remedy] =
    last.seconds < -CLOCKS_DIFFER_SECONDS
      ? [
          `the time of the input file ${last.file} is ${Math.round(-last.seconds)} s in the future`,
          'Correct the clock or the time zone of the program that writes it and touch the file',
        ]
      : [`the input file ${last.file} changed ${unchanged} s ago`, 'Find the program that still writes'];
  return {
    code: 'NOT_SETTLED',
    reason:
      `${change}; the pipeline wants ${gate.settleSeconds} s without a change and waits ` +
      `at most ${gate.settleTimeoutSeconds} s for them. ${remedy}, or accept NOT_SETTLED.`,
    figures: { unchangedSeconds: unchanged, settleSeconds: gate.settleSeconds },
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

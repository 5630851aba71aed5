import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { isMissing, localError } from '../../clients/storage/local/fs-errors';
import { messageOf } from '../../domain/errors';
import { isBusinessDate, type BusinessDate } from '../../domain/business-date';
import { completeCounts, describeCounts } from '../../domain/day-manifest';
import { describeProof, PROOF_KINDS } from '../../domain/proof-kind';
import { realtimeHours } from '../../domain/realtime-error';
import { realtimeHour } from '../../domain/realtime-hour';
import { describeBefore, SERVED_BEFORE, type ReconciledHour } from '../../domain/reconciliation';
import type { ReportDay } from './report-data';

const count = z.number().int();

/** The part of a run's stored result that the report shows. Older files may lack what newer versions added. */
const storedDay = z
  .object({
    hours: z.array(
      z.object({
        hour: z.string(),
        realtimeRows: count,
        realtimeDistinct: count,
        read: count.optional().default(0),
        written: count,
        filtered: count.optional().default(0),
        outsideDay: count.optional().default(0),
        duplicates: count,
        unmatched: count,
        misfiled: count.optional().default(0),
        quarantined: count.optional().default(0),
        missedByRealtime: count.optional().default(0),
        druidRows: count,
        multiplied: count.exactOptional(),
        realtimeStored: count.exactOptional(),
        druidStored: count.exactOptional(),
        equal: z.boolean(),
      }) satisfies z.ZodType<ReconciledHour>,
    ),
    counts: z.looseObject({ read: count, kept: count, duplicates: count, quarantined: count, outsideDay: count }),
    checks: z
      .array(
        z.object({
          ...{ name: z.string(), where: z.string(), atMost: z.union([z.number(), z.string()]) },
          ...{ wrong: count, allowed: count },
          worstHour: z.object({ hour: z.string(), wrong: count }).exactOptional(),
        }),
      )
      .default([]),
    before: z.enum(SERVED_BEFORE).optional().default('realtime'),
    realtimeUnseen: z.string().optional(),
    isDistinctEstimated: z.boolean().optional(),
    realtime: z.array(realtimeHour).optional(),
    // Files of earlier releases do not say it.
    pipelineVersion: z.string().optional(),
    realtimePipelineVersion: z.string().optional(),
    // A version of an earlier release compared rows.
    proof: z.enum(PROOF_KINDS).default('rows'),
    version: z.string(),
    taskId: z.string(),
  })
  .transform(({ counts, proof, before, realtime, hours, checks, version, taskId, ...known }) => {
    const { pipelineVersion: now, realtimePipelineVersion: first } = known;
    const complete = completeCounts(counts, hours);
    // A file of an earlier release has no `realtime`.
    const served = realtime ?? (before === 'realtime' ? realtimeHours(hours) : undefined);
    return {
      ...{ hours, checks, version, taskId },
      counts: complete,
      equation: describeCounts(complete),
      servedBefore: describeBefore(before, { ...known, proof }),
      proof: describeProof(proof),
      ...(served !== undefined && { realtime: served }),
      ...(now !== undefined && first !== undefined && now !== first && { lateUnknown: true as const }),
    };
  });

/** The part of a day that its stored result tells. */
type StoredDay = Pick<ReportDay, 'reconciled' | 'notRead'>;

/**
 * What the stored results in `folder` (<data>/<pipeline>/reconciliation) say of these days. Throws STORAGE_REFUSED or
 * STORAGE_FAILED if the folder cannot be read.
 */
export async function storedDays(
  folder: string,
  dates: readonly BusinessDate[],
): Promise<Map<BusinessDate, StoredDay>> {
  const wanted = new Set<string>(dates);
  const found = new Map<BusinessDate, StoredDay>();
  const names = await readdir(folder).catch((thrown: unknown): string[] => {
    if (isMissing(thrown)) return [];
    throw localError(thrown, `reading ${folder}`, folder);
  });
  for (const name of names) {
    const date = name.replace(/\.json$/, '');
    if (date === name || !isBusinessDate(date) || !wanted.has(date)) continue;
    found.set(date, await readStored(join(folder, name)));
  }
  return found;
}

async function readStored(file: string): Promise<StoredDay> {
  try {
    return { reconciled: storedDay.parse(JSON.parse(await readFile(file, 'utf8'))) };
  } catch (thrown) {
    return {
      notRead: `${file} cannot be read: ${thrown instanceof z.ZodError ? z.prettifyError(thrown) : messageOf(thrown)}`,
    };
  }
}

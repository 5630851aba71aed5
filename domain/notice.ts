import * as z from 'zod';
import { succeeded, type DayOutcome } from './backfill';
import { firstSentences } from './bounded-text';
import type { BusinessDate } from './business-date';
import { dateInput, pipelineInput, shortText } from './parse-input';
import { NOTICE_KINDS, type NoticeFormat, type NoticeKind } from './pipeline';

/** The outcome of a day that no run has begun. */
export const NO_RUN = 'no run';

export interface Notice {
  readonly kind: NoticeKind;
  readonly pipeline: string;
  readonly date: BusinessDate;
  /** 'replaced', 'refused:<gate code>', 'failed:<error code>', 'running'; see also `NO_RUN`. */
  readonly outcome: string;
  /** For people, with what to do; empty if there is nothing to add. */
  readonly reason: string;
}

/** How long the reason of a notice may be. Slack wants messages of at most 4,000 characters. */
export const REASON_CHARACTERS = 2_000;

export const noticeSchema = z.strictObject({
  kind: z.enum(NOTICE_KINDS),
  pipeline: pipelineInput,
  date: dateInput,
  outcome: shortText,
  reason: z.string().max(REASON_CHARACTERS),
}) satisfies z.ZodType<Notice>;

/** What to tell of a day that did not succeed; undefined if a person cancelled it. */
export function failureNotice(pipeline: string, { date, outcome, reason = '' }: DayOutcome): Notice | undefined {
  if (outcome === 'cancelled') return undefined;
  const kind = outcome.startsWith('refused:') ? 'refused' : 'failed';
  return { kind, pipeline, date, outcome, reason: firstSentences(reason, REASON_CHARACTERS) };
}

/** What to tell of a day that was recomputed for its late rows; undefined if a person cancelled it. */
export function recomputeNotice(pipeline: string, day: DayOutcome, because: string): Notice | undefined {
  if (!succeeded(day)) return failureNotice(pipeline, day);
  return { kind: 'recomputed', pipeline, date: day.date, outcome: day.outcome, reason: because };
}

/** What to tell of a day that is not proven at the pipeline's deadline. */
export function overdueNotice(pipeline: string, date: BusinessDate, outcome: string): Notice {
  return { kind: 'overdue', pipeline, date, outcome, reason: overdueReason(pipeline, date, outcome) };
}

function overdueReason(pipeline: string, date: BusinessDate, outcome: string): string {
  const run = `npx daybreak batch run --pipeline ${pipeline} --date ${date}`;
  if (outcome === 'running') return 'Its run goes on.';
  if (outcome !== NO_RUN) return `Run it again when its cause is mended: ${run}`;
  return (
    'No run of the day has begun. See whether its night waits, or its schedule is paused or gone: ' +
    `npx daybreak schedule describe --pipeline ${pipeline}. To run the day now: ${run}`
  );
}

export interface NoticeContext {
  /** When it is told. */
  readonly at: Date;
  /** Of the run, in the Temporal UI. */
  readonly link: string;
}

/** The body of the request to a webhook. */
export function noticeBody(notice: Notice, { at, link }: NoticeContext, format: NoticeFormat): string {
  if (format === 'slack') return JSON.stringify({ text: slackText(notice, link) });
  const { kind, ...day } = notice;
  return JSON.stringify({ type: `daybreak.day.${kind}`, timestamp: at.toISOString(), data: { ...day, link } });
}

function slackText(notice: Notice, link: string): string {
  const reason = notice.reason === '' ? '' : `\n${escaped(notice.reason)}`;
  return `*${escaped(titleOf(notice))}*${reason}\n<${link}|The run in Temporal>`;
}

function titleOf({ kind, pipeline, date, outcome }: Notice): string {
  switch (kind) {
    case 'recomputed':
      return `${pipeline}: ${date} was recomputed`;
    case 'overdue':
      return `${pipeline}: ${date} is not proven yet (${outcome})`;
    case 'refused':
    case 'failed':
      return `${pipeline}: ${date} was not replaced (${outcome})`;
  }
}

/** Slack gives these three characters a meaning. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

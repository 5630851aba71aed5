import { Context } from '@temporalio/activity';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { join } from 'node:path';
import * as z from 'zod';
import { continuedBackfillSchema, succeeded, type BackfillInput, type DayOutcome } from '../../domain/backfill';
import { firstSentences } from '../../domain/bounded-text';
import { businessDateOf, shiftDate, type BusinessDate } from '../../domain/business-date';
import { dailyBatchId } from '../../domain/daily-batch';
import { asDaybreakError, DaybreakError } from '../../domain/errors';
import { failureMessage, lastFailure } from '../../domain/innermost-failure';
import {
  decideLateData,
  notCompared,
  type LateDataDecision,
  type LateDataWatchInput,
  type NightlyRun,
} from '../../domain/late-data';
import { NO_RUN, noticeSchema, REASON_CHARACTERS, type Notice } from '../../domain/notice';
import { dateInput, dayInput, parseInput, pipelineInput } from '../../domain/parse-input';
import { surveyDay } from '../../engines/versions/late-data-scan';
import { loadPipelineNamed } from '../../engines/load-pipeline';
import { withHeartbeats } from '../heartbeat';
import { dayRuns, outcomeOf, type DayRun } from './day-runs';
import { nightlyRunOf } from './nightly-runs';
import { sendNotice, type NoticeDependencies } from './notify';
import { selectDays, type OperateDependencies, type Selection, selectionSchema } from './select-days';

const selectionInput = continuedBackfillSchema.pick({ pipeline: true, from: true, to: true, only: true });
/** Some minutes, with the pauses of the workflow's retries. */
const PATIENT_ATTEMPTS = 8;

const watchInput = z.object({ pipeline: pipelineInput, date: dateInput.exactOptional() });

/** What `backfill`, `nightlyBatch`, `lateDataWatch` and `deadlineWatch` call. */
export function createOperateActivities(dependencies: OperateDependencies & NoticeDependencies) {
  const { pipelines, data } = dependencies;
  return {
    /** The days that a backfill runs, in order. */
    async selectBackfillDays(given: BackfillInput): Promise<BusinessDate[]> {
      const input = parseInput(selectionInput, given, 'selectBackfillDays');
      const { client, info, cancellationSignal: signal } = Context.current();
      // Comparing thousands of days takes hours: an attempt goes on where the one before it ended.
      let selection: Selection = selectionSchema.safeParse(info.heartbeatDetails).data ?? { decided: '' };
      const onDecided = (so: Selection): void => {
        selection = so;
      };
      return withHeartbeats(
        () => selection,
        () => selectDays(client, dependencies, input, { signal, before: selection, onDecided }),
      );
    },

    /**
     * How a run of the day that somebody else started ended. While that run is active, each attempt fails, and Temporal
     * makes the next one. So waiting takes no slot of the worker, which the run itself may need.
     */
    async joinDay(day: { readonly pipeline: string; readonly date: BusinessDate }): Promise<DayOutcome> {
      const { pipeline, date } = parseInput(dayInput, day, 'joinDay');
      const { client } = Context.current();
      const workflowId = dailyBatchId(pipeline, date);
      const handle = client.workflow.getHandle(workflowId);
      const { status, runId, typedSearchAttributes } = await handle.describe();
      if (status.name === 'RUNNING') {
        throw ApplicationFailure.create({
          type: 'ALREADY_RUNNING',
          message: `the run of ${date} is under way`,
          category: ApplicationFailureCategory.BENIGN,
        });
      }
      const reason =
        status.name === 'COMPLETED' ? undefined : await failureReason(client.workflow.getHandle(workflowId, runId));
      return {
        date,
        outcome: outcomeOf({ status, typedSearchAttributes }),
        joined: true,
        ...(reason !== undefined && { reason }),
      };
    },

    /** Tells the pipeline's webhooks. Throws WEBHOOK_FAILED, WEBHOOK_REFUSED or BAD_CONFIGURATION. */
    async notify(notice: Notice): Promise<void> {
      await sendNotice(dependencies, parseInput(noticeSchema, notice, 'notify'));
    },

    /** How the latest run of a day stands that no run has proven; undefined if one has. */
    async findOverdue(day: { readonly pipeline: string; readonly date: BusinessDate }): Promise<string | undefined> {
      const { pipeline, date } = parseInput(dayInput, day, 'findOverdue');
      let latest: DayRun | undefined;
      for await (const run of dayRuns(Context.current().client, pipeline, { from: date, to: date })) {
        if (!run.running && succeeded(run)) return undefined;
        latest ??= run;
      }
      return latest?.outcome ?? NO_RUN;
    },

    /**
     * Compares the input files of the last days with their builds, latest day first, and decides about each. With a
     * `date`, it decides about that day alone. A day that cannot be compared stops no other: whatever may pass is tried
     * again first.
     */
    async findLateData(input: LateDataWatchInput & { readonly date?: BusinessDate }): Promise<LateDataDecision[]> {
      const { pipeline: name, date: only } = parseInput(watchInput, input, 'findLateData');
      const signal = Context.current().cancellationSignal;
      return withHeartbeats('comparing files with builds', async () => {
        const loaded = await loadPipelineNamed(pipelines, name);
        const { lateData, timeZone } = loaded.pipeline;
        const now = new Date();
        const today = businessDateOf(now, timeZone);
        const dates =
          only === undefined ? Array.from({ length: lateData.days }, (_, day) => shiftDate(today, -1 - day)) : [only];
        const decisions: LateDataDecision[] = [];
        for (const date of dates) {
          const survey = await surveyDay(loaded, join(data, name), date, { remember: true, signal }).catch(
            asDaybreakError,
          );
          if (survey instanceof DaybreakError) {
            if (survey.retry && Context.current().info.attempt < PATIENT_ATTEMPTS) throw survey;
            decisions.push(notCompared(date, survey));
            continue;
          }
          const decide = (nightly?: NightlyRun): LateDataDecision => decideLateData(lateData, survey, now, nightly);
          const decided = decide();
          // Temporal may know of a run that built nothing.
          const asks = survey.inputs === 'unbuilt' || decided.decision === 'recompute';
          decisions.push(asks ? decide(await nightlyRunOf(Context.current().client, loaded.pipeline, date)) : decided);
        }
        return decisions;
      });
    },
  };
}

/** Why a run that has ended failed; undefined if it did not. */
async function failureReason(run: WorkflowHandle): Promise<string | undefined> {
  try {
    await run.result();
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof WorkflowFailedError)) throw thrown;
    return firstSentences(failureMessage(lastFailure(thrown.cause)), REASON_CHARACTERS);
  }
}

export type OperateActivities = ReturnType<typeof createOperateActivities>;

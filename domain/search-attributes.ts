import { defineSearchAttributeKey } from '@temporalio/common';

/** What runs are found by in the Temporal UI. The local stack registers them; elsewhere see docs/operating.md. */
export const pipelineAttribute = defineSearchAttributeKey('DaybreakPipeline', 'KEYWORD');
/** The business date, YYYY-MM-DD. */
export const dateAttribute = defineSearchAttributeKey('DaybreakDate', 'KEYWORD');
/** 'running', 'replaced', 'refused:<gate code>' or 'failed:<error code>'. */
export const outcomeAttribute = defineSearchAttributeKey('DaybreakOutcome', 'KEYWORD');

import { defineSearchAttributeKey } from '@temporalio/common';

/**
 * Search attributes to find runs in the Temporal UI. The local stack registers them; for other servers see
 * docs/operating.md.
 */
export const pipelineAttribute = defineSearchAttributeKey('DaybreakPipeline', 'KEYWORD');
/** The business date, YYYY-MM-DD. */
export const dateAttribute = defineSearchAttributeKey('DaybreakDate', 'KEYWORD');
/** 'running', 'replaced', 'restored', 'refused:<gate code>', 'failed:<error code>', 'cancelled' or 'not-restored:<error code>'. */
export const outcomeAttribute = defineSearchAttributeKey('DaybreakOutcome', 'KEYWORD');

export const searchAttributes = [pipelineAttribute, dateAttribute, outcomeAttribute];

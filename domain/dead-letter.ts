/**
 * `BAD_RECORD`: it breaks the validity rule; `NULL_VALUE`: a tombstone; `TRANSFORM_FAILED`: the SQL failed on its
 * values; `TOO_LARGE`: no broker takes what follows from it.
 */
export const DEAD_LETTER_CODES = ['BAD_RECORD', 'NULL_VALUE', 'TRANSFORM_FAILED', 'TOO_LARGE'] as const;
export type DeadLetterCode = (typeof DEAD_LETTER_CODES)[number];

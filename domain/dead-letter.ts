/**
 * `BAD_RECORD`: the record breaks the validity rule. `NULL_VALUE`: a tombstone. `TRANSFORM_FAILED`: the SQL failed on
 * its values. `TOO_LARGE`: no broker accepts its output.
 */
export const DEAD_LETTER_CODES = ['BAD_RECORD', 'NULL_VALUE', 'TRANSFORM_FAILED', 'TOO_LARGE'] as const;
export type DeadLetterCode = (typeof DEAD_LETTER_CODES)[number];

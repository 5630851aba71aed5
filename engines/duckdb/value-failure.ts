import { messageOf } from '../../domain/errors';

/**
 * DuckDB's names for failures of a computation: its SQL was bound before, so its values are the cause. All other names are
 * of the machine, such as IO or Out of Memory, or of SQL that cannot be bound, such as Binder or Catalog: if that became
 * the fault of an event, each event would have it.
 */
const NAMES_OF_VALUES = [
  ...['Conversion', 'Decimal', 'Divide by Zero', 'Executor', 'Expression', 'Invalid Input', 'Invalid type'],
  ...['Mismatch Type', 'Not implemented', 'NullPointer', 'Object Size', 'Out of Range', 'Parameter Not Allowed'],
  ...['Serialization', 'Syntax', 'Unknown Type'],
];
export const FAILURE_OF_VALUES = new RegExp(`\\b(?:${NAMES_OF_VALUES.join('|')}) Error: [^\\n]*`);

const OUT_OF_MEMORY = /\bOut of Memory Error: [^\n]*/;

/** DuckDB's message, in one line, if it ran out of memory. The cause may be a record or the machine. */
export function memoryFailureOf(thrown: unknown): string | undefined {
  return OUT_OF_MEMORY.exec(messageOf(thrown))?.[0];
}

/** Messages quote the value, which can be as large as a record. */
const MOST_CHARACTERS = 500;

/** DuckDB's message, in one line, if it failed because of a value; undefined if no record is the cause. */
export function valueFailureOf(thrown: unknown): string | undefined {
  const found = FAILURE_OF_VALUES.exec(messageOf(thrown))?.[0];
  const words = found !== undefined && found.length > MOST_CHARACTERS ? `${found.slice(0, MOST_CHARACTERS)}…` : found;
  // A value can hold control characters.
  return words !== undefined && /\p{Cc}/u.test(words) ? JSON.stringify(words).slice(1, -1) : words;
}

/** The same for a failure of `work`; undefined if it does not fail. Throws any failure that no record causes. */
export async function valueFailureIn(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (thrown) {
    const failure = valueFailureOf(thrown);
    if (failure === undefined) throw thrown;
    return failure;
  }
}

import { messageOf } from '../../domain/errors';

/** DuckDB's names for failures that come from the values it computes with. All others blame the machine or the SQL. */
const FAILURE_OF_VALUES =
  /\b(?:Conversion|Out of Range|Invalid Input|Invalid Type|Mismatch Type|Decimal|Divide by Zero) Error: [^\n]*/;

const OUT_OF_MEMORY = /\bOut of Memory Error: [^\n]*/;

/** DuckDB's words, in one line, where it ran out of memory: a record may be to blame, or the machine. */
export function memoryFailureOf(thrown: unknown): string | undefined {
  return OUT_OF_MEMORY.exec(messageOf(thrown))?.[0];
}

/** They quote the value, which can have the size of a record. */
const MOST_CHARACTERS = 500;

/** DuckDB's words, in one line, where it failed because of a value; undefined where no record is to blame. */
export function valueFailureOf(thrown: unknown): string | undefined {
  const found = FAILURE_OF_VALUES.exec(messageOf(thrown))?.[0];
  const words = found !== undefined && found.length > MOST_CHARACTERS ? `${found.slice(0, MOST_CHARACTERS)}…` : found;
  // A value can hold anything.
  return words !== undefined && /\p{Cc}/u.test(words) ? JSON.stringify(words).slice(1, -1) : words;
}

/** The same for what `work` fails with; undefined where it does not fail. Throws what no record is to blame for. */
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

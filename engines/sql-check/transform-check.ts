import type { DuckDBConnection } from '@duckdb/node-api';
import { listed, shortened } from '../../domain/bounded-text';
import { DaybreakError, messageOf } from '../../domain/errors';
import { OUTPUT_TYPES } from '../../domain/column-types';
import type { OutputColumn, Pipeline } from '../../domain/pipeline';
import type { BoundPlan } from './bound-plan';
import { joinViolations } from './join-violations';
import { queryTexts } from '../duckdb/query';
import { quoted } from '../duckdb/sql';
import { expressionText } from './expression-text';
import { castsFor, outputTypeOf } from './output-types';
import { boundPlan, UnplannableSql } from './plan-reader';
import { rowWiseViolations, VALUE_FUNCTIONS, type FunctionTraits, type Violation } from './transform-rules';
import { tryTransform } from './trial';
import { isNode, parseSql, type SyntaxNode } from './transform-syntax';

/** A transform that passed its check. */
export interface BoundTransform {
  /** The columns of the result, in the SQL's order. */
  readonly columns: readonly OutputColumn[];
  /** The SELECT as it is written. */
  readonly select: SyntaxNode;
  /** The SELECT as DuckDB understands it. */
  readonly plan: BoundPlan;
}

/**
 * Checks transform.sql against the pipeline and binds it; `connection` must have events and the tables. Throws
 * BAD_TRANSFORM with place and reason, beginning with `file`.
 */
export async function checkTransform(
  connection: DuckDBConnection,
  pipeline: Pipeline,
  sql: string,
  file: string,
): Promise<BoundTransform> {
  const nul = sql.indexOf('\0');
  if (nul !== -1) {
    // DuckDB would take this for the end of the text.
    const offset = Buffer.byteLength(sql.slice(0, nul));
    throw new DaybreakError('BAD_TRANSFORM', {
      what: describe({ offset, reason: 'it holds the character NUL' }, sql, file),
      remedy: 'Take it away.',
    });
  }
  const select = await parseSelect(connection, sql, file);
  const traits = await functionTraits(connection);
  refuse(
    rowWiseViolations(select, pipeline, (name) => traits.get(name)),
    'Rewrite it as one SELECT over events, joined tables and subqueries over tables: see “The SQL” in docs/pipelines.md.',
  );
  await tryTransform(pipeline, sql, select, file);
  const described = await bind(connection, sql, file);
  const plan = await rowWisePlan(connection, sql, file);
  refuse(sessionFunctions(plan, traits), 'Take the time from the event.');
  const columns = await outputColumns(connection, select, described, file);
  refuse(
    await joinViolations(connection, select, plan, pipeline),
    "Compare each column of a table's key in its own type, or set allowDuplicateKeys: true for the table.",
  );
  return { columns, select, plan };

  function refuse(violations: readonly Violation[], remedy: string): void {
    if (violations.length === 0) return;
    const places = violations.map((violation) => () => describe(violation, sql, file));
    const what = listed(places, { separator: '\n', others: ' problems' });
    throw new DaybreakError('BAD_TRANSFORM', { what, remedy });
  }
}

async function parseSelect(connection: DuckDBConnection, sql: string, file: string): Promise<SyntaxNode> {
  const parsed = await parseSql(connection, sql);
  if ('reason' in parsed) {
    throw new DaybreakError('BAD_TRANSFORM', {
      what: describe(parsed, sql, file),
      remedy: 'Write one SELECT that DuckDB can parse.',
    });
  }
  const [statement, ...others] = parsed.statements;
  if (statement === undefined || others.length > 0) {
    throw new DaybreakError('BAD_TRANSFORM', {
      what: `${file} holds ${parsed.statements.length} statements`,
      remedy: 'Write exactly one SELECT.',
    });
  }
  await requireEmbeddable(connection, sql, file);
  return statement;
}

/**
 * Both layers put the transform between parentheses, on lines of its own. SQL that cannot stand there is refused now,
 * not when a layer runs it.
 */
async function requireEmbeddable(connection: DuckDBConnection, sql: string, file: string): Promise<void> {
  const before = 'SELECT * FROM (\n';
  const parsed = await parseSql(connection, `${before}${sql}\n)`);
  if (!('reason' in parsed)) return;
  const offset = parsed.offset === undefined ? undefined : parsed.offset - before.length;
  throw new DaybreakError('BAD_TRANSFORM', {
    what: describe({ offset, reason: parsed.reason }, sql, file),
    remedy: 'End the SELECT with at most one ; and let nothing follow it.',
  });
}

/** Traits of each function by name, from DuckDB's catalogue. */
export async function functionTraits(connection: DuckDBConnection): Promise<ReadonlyMap<string, FunctionTraits>> {
  const rows = await queryTexts(
    connection,
    `SELECT DISTINCT function_name, function_type, stability, macro_definition FROM duckdb_functions()`,
  );
  const traits = new Map<string, { types: Set<string>; stabilities: Set<string> }>();
  for (const [name, type, stability] of rows) {
    const known = traits.get(name ?? '') ?? { types: new Set(), stabilities: new Set() };
    if (type != null) known.types.add(type);
    if (stability != null) known.stabilities.add(stability);
    traits.set(name ?? '', known);
  }
  // A macro is only as deterministic as the functions that it names, with or without parentheses. A macro with SELECT
  // may depend on the session.
  for (const [name, , , definition] of rows) {
    for (const [word] of (definition ?? '').toLowerCase().matchAll(/\b\w+\b/g)) {
      const stabilities = VALUE_FUNCTIONS.has(word) || word === 'select' ? ['VOLATILE'] : traits.get(word)?.stabilities;
      for (const stability of stabilities ?? []) traits.get(name ?? '')?.stabilities.add(stability);
    }
  }
  return traits;
}

/** The names and types of the columns. Throws BAD_TRANSFORM if the SQL does not bind. */
async function bind(connection: DuckDBConnection, sql: string, file: string): Promise<(string | null)[][]> {
  return queryTexts(connection, `DESCRIBE ${sql}`).catch((cause: unknown) => {
    throw new DaybreakError('BAD_TRANSFORM', {
      what: describeBindError(messageOf(cause), file),
      remedy: 'Use the columns that pipeline.yaml declares for events and its tables.',
      cause,
    });
  });
}

/** Functions such as current_date that the SQL names like a column. */
function sessionFunctions({ functions }: BoundPlan, traits: ReadonlyMap<string, FunctionTraits>): Violation[] {
  return [...functions].flatMap((name) => {
    const stabilities = [...(traits.get(name)?.stabilities ?? [])];
    if (stabilities.length !== 1 || stabilities[0] !== 'CONSISTENT_WITHIN_QUERY') return [];
    return [{ offset: undefined, reason: `${name} is not deterministic: a rebuild would give other rows` }];
  });
}

/**
 * The plan of SQL that binds. The plan has each clause, also those that a macro hides from the syntax tree, and each
 * subquery as the join that it is. Throws BAD_TRANSFORM if DuckDB cannot plan the SQL, or if it does not handle events one
 * by one.
 */
export async function rowWisePlan(connection: DuckDBConnection, sql: string, file: string): Promise<BoundPlan> {
  const plan = await boundPlan(connection, sql).catch((cause: unknown) => {
    if (!(cause instanceof UnplannableSql)) throw cause;
    throw new DaybreakError('BAD_TRANSFORM', {
      what: `${file}: DuckDB cannot plan it: ${shortened(cause.message, 500)}`,
      remedy:
        'Write its joins and subqueries in another way, such as the condition of a LATERAL join in the WHERE inside of it.',
      cause,
    });
  });
  if (plan.notRowWise === undefined) return plan;
  throw new DaybreakError('BAD_TRANSFORM', {
    what: `${file}: ${plan.notRowWise}`,
    remedy: 'Use only expressions over one event, its joined tables, and subqueries over tables.',
  });
}

async function outputColumns(
  connection: DuckDBConnection,
  select: SyntaxNode,
  described: readonly (string | null)[][],
  file: string,
): Promise<OutputColumn[]> {
  const columns = described.map(([name, type]) => ({
    name: String(name),
    type: outputTypeOf(String(type)),
    found: String(type),
  }));
  const problems: string[] = [];
  for (const [index, { name, type, found }] of columns.entries()) {
    if (type !== undefined) continue;
    const expression = (await writtenExpression(connection, select, index, columns.length)) ?? quotedIfNeeded(name);
    const casts = castsFor(found, shortened(expression), shortened(quotedIfNeeded(name)));
    problems.push(`the column ${shortened(name)} is a ${shortened(found)}: write ${casts}`);
  }
  const names = columns.map(({ name }) => name.toLowerCase());
  problems.push(
    ...columns
      .filter(({ name }, index) => names.indexOf(name.toLowerCase()) !== index)
      .map(({ name }) => `two columns are named ${shortened(name)}`),
  );
  if (problems.length > 0) {
    throw new DaybreakError('BAD_TRANSFORM', {
      what: `${file}: ${listed(problems, { separator: '; ' })}`,
      remedy: `Give each column a name of its own, and a type that Druid holds: ${OUTPUT_TYPES.join(', ')}.`,
    });
  }
  return columns.flatMap(({ name, type }) => (type === undefined ? [] : [{ name, type }]));
}

/** The expression of an output column as the SQL has it. Undefined if a * stands for several columns. */
async function writtenExpression(
  connection: DuckDBConnection,
  { select_list: list }: SyntaxNode,
  index: number,
  count: number,
): Promise<string | undefined> {
  const expression: unknown = Array.isArray(list) && list.length === count ? list[index] : undefined;
  if (!isNode(expression) || expression['class'] === 'STAR') return undefined;
  return expressionText(connection, { ...expression, alias: '' });
}

function quotedIfNeeded(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : quoted(name);
}

/** A violation with its place in the SQL of a file. */
export function describe({ offset, reason }: Violation, sql: string, file: string): string {
  if (offset === undefined) return `${file}: ${shortened(reason, 500)}`;
  const before = Buffer.from(sql).subarray(0, offset).toString().split('\n');
  return `${file}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}: ${shortened(reason, 500)}`;
}

/**
 * DuckDB's message on SQL that does not bind, with its line in a file.
 *
 * @param before lines that the SQL has before those of the file. Default 0.
 */
export function describeBindError(message: string, file: string, before = 0): string {
  const line = /^LINE (\d+):/m.exec(message)?.[1];
  return `${file}${line === undefined ? '' : `:${Number(line) - before}`}: ${shortened(message.split('\n')[0] ?? message, 500)}`;
}

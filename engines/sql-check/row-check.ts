import type { DuckDBConnection } from '@duckdb/node-api';
import { isDeepStrictEqual } from 'node:util';
import { listed } from '../../domain/bounded-text';
import { DaybreakError, messageOf } from '../../domain/errors';
import type { RowCheck } from '../../domain/row-checks';
import { unboundedRowsSql } from '../duckdb/output-rows';
import { queryTexts } from '../duckdb/query';
import type { LoadedPipeline } from '../model/loaded-pipeline';
import { EMPTY_SELECT } from './expression-text';
import { describe, describeBindError, functionTraits, rowWisePlan } from './transform-check';
import { expressionViolations, type FunctionTraits, type Violation } from './transform-rules';
import { columnNamesOf, isNode, nodesOf, offsetOf, type Parsed, parseSql, type SyntaxNode } from './transform-syntax';
import { tryTransform } from './trial';

const BEFORE = 'SELECT (\n';

/**
 * Checks the predicates of a pipeline's checks as `checkTransform` checks the transform; `connection` must have events
 * and the tables. Throws BAD_PIPELINE with the check's name, the place in its `where` and the reason.
 *
 * @param file pipeline.yaml as messages name it.
 */
export async function checkRowChecks(
  connection: DuckDBConnection,
  loaded: LoadedPipeline,
  file: string,
): Promise<void> {
  const { checks } = loaded.pipeline;
  if (checks.length === 0) return;
  const traits = await functionTraits(connection);
  for (const check of checks) {
    const place = `${file}: where of the check ${check.name}`;
    try {
      await checkPredicate(connection, loaded, check, { traits, place });
    } catch (thrown) {
      // What the transform's own check has refused too.
      if (!(thrown instanceof DaybreakError) || thrown.code !== 'BAD_TRANSFORM') throw thrown;
      throw new DaybreakError('BAD_PIPELINE', { what: thrown.what, remedy: thrown.remedy, cause: thrown });
    }
  }
}

async function checkPredicate(
  connection: DuckDBConnection,
  loaded: LoadedPipeline,
  { where }: RowCheck,
  { traits, place }: { readonly traits: ReadonlyMap<string, FunctionTraits>; readonly place: string },
): Promise<void> {
  const select = await parsePredicate(connection, where, place);
  refuse([
    ...[...nodesOf(select)].flatMap(columnViolation),
    ...expressionViolations(select['select_list'], loaded.outputColumns, (name) => traits.get(name)),
  ]);
  const sql = `${BEFORE}${where}\n) AS daybreak_check FROM (\n${unboundedRowsSql(loaded)}\n) AS daybreak_checked`;
  await tryTransform(loaded.pipeline, sql, select, place);
  const [[, type] = []] = await queryTexts(connection, `DESCRIBE ${sql}`).catch((cause: unknown) => {
    throw new DaybreakError('BAD_PIPELINE', {
      what: describeBindError(messageOf(cause), place, 1),
      remedy: `Use the columns of a row: ${listed(loaded.outputColumns.map(({ name }) => name))}.`,
      cause,
    });
  });
  await rowWisePlan(connection, sql, place);
  if (type === 'BOOLEAN') return;
  throw new DaybreakError('BAD_PIPELINE', {
    what: `${place} is a ${type ?? ''}, which is neither true nor false`,
    remedy: 'Write a condition that is true for a row that is wrong, such as uid IS NULL.',
  });

  function refuse(violations: readonly Violation[]): void {
    if (violations.length === 0) return;
    const places = violations.map((violation) => () => describeIn(where, violation, place));
    throw new DaybreakError('BAD_PIPELINE', {
      what: listed(places, { separator: '\n', others: ' problems' }),
      remedy: 'Write one condition over the columns of a row.',
    });
  }
}

/** The SELECT of the predicate alone. Throws BAD_PIPELINE unless it is one expression. */
async function parsePredicate(connection: DuckDBConnection, where: string, place: string): Promise<SyntaxNode> {
  // DuckDB would take a NUL for the end of the text.
  const parsed: Parsed = where.includes('\0')
    ? { reason: 'it holds the character NUL', offset: undefined }
    : await parseSql(connection, `${BEFORE}${where}\n)`);
  if ('reason' in parsed) throw notOneCondition(describeIn(where, parsed, place));
  const [select = {}, ...others] = parsed.statements;
  // A predicate such as `1) FROM t WHERE (1` would be more than an expression.
  const { select_list: list, from_table: from } = select;
  const isOne =
    Array.isArray(list) && list.length === 1 && isNode(from) && from['type'] === EMPTY_SELECT.from_table.type;
  const rest = Object.entries(EMPTY_SELECT).filter(([key]) => key !== 'select_list' && key !== 'from_table');
  if (others.length === 0 && isOne && rest.every(([key, empty]) => isDeepStrictEqual(select[key], empty))) {
    return select;
  }
  throw notOneCondition(`${place} is more than one expression`);
}

function notOneCondition(what: string): DaybreakError {
  return new DaybreakError('BAD_PIPELINE', {
    what,
    remedy: 'Write one condition in DuckDB’s SQL, such as uid IS NULL, without WHERE and without a semicolon.',
  });
}

/** What counts the rows gives no other name to them. */
function columnViolation(node: SyntaxNode): Violation[] {
  if (node['class'] === 'STAR') return [{ offset: offsetOf(node), reason: 'name the columns, one by one' }];
  const names = columnNamesOf(node) ?? [];
  if (names.length < 2) return [];
  return [{ offset: offsetOf(node), reason: `${names.join('.')}: write the column of the row alone` }];
}

function describeIn(where: string, { offset, reason }: Violation, place: string): string {
  const at = offset === undefined ? undefined : Math.max(0, offset - BEFORE.length);
  return describe({ offset: at, reason }, where, place);
}

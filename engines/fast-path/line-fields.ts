import { isColumnType, type ColumnType } from '../../domain/column-types';
import { eventColumnsOf } from '../../domain/event-columns';
import type { PathStep } from '../../domain/field-path';
import type { Pipeline } from '../../domain/pipeline';
import type { Columns } from '../model/loaded-pipeline';

/** What is declared of a field of an object: the column that has its value, and what is declared of the fields in it. */
export interface LineField {
  readonly column: { readonly name: string; readonly type: ColumnType } | undefined;
  readonly fields: LineFields;
}

export type LineFields = ReadonlyMap<string, LineField>;

/** The columns that lines are read for, and where their values are. */
export interface LineColumns {
  readonly columns: Columns;
  readonly fields: LineFields;
}

/**
 * The columns of a pipeline's events. Undefined if the fast path does not read them: it knows no elements of arrays, no
 * other types than numbers, texts and BOOLEANs, and no value for two columns.
 */
export function eventLineColumns({ events }: Pipeline): LineColumns | undefined {
  const columns: Record<string, ColumnType> = {};
  const fields = new Map<string, MutableField>();
  for (const { name, type, steps, lenient } of eventColumnsOf(events)) {
    if (lenient || !isColumnType(type)) return undefined;
    const field = fieldAt(fields, steps);
    if (field === undefined || field.column !== undefined) return undefined;
    field.column = { name, type };
    columns[name] = type;
  }
  return { columns, fields };
}

/** The columns of a static table, which have the names of their fields. */
export function tableLineColumns(columns: Columns): LineColumns {
  const fields = Object.entries(columns).map(
    ([name, type]) => [name, { column: { name, type }, fields: new Map<string, LineField>() }] as const,
  );
  return { columns, fields: new Map(fields) };
}

interface MutableField {
  column: LineField['column'];
  readonly fields: Map<string, MutableField>;
}

/** The field, which is added if needed; undefined for an element of an array. */
function fieldAt(fields: Map<string, MutableField>, [step, ...rest]: readonly PathStep[]): MutableField | undefined {
  if (typeof step !== 'string') return undefined;
  const field = fields.get(step) ?? { column: undefined, fields: new Map() };
  fields.set(step, field);
  return rest.length === 0 ? field : fieldAt(field.fields, rest);
}

import type { ColumnType } from '../../domain/pipeline';
import type { LineFields } from './line-fields';

/**
 * How one producer writes its lines: which keys, in which order, with which blanks. A line of a known layout is proven
 * valid, and its fields are found, without a JSON parser. Every other line is read by the whole rule.
 */
export interface LineLayout {
  readonly parts: readonly LayoutPart[];
  /** The columns among the parts. In every line of the layout any other column is absent or null. */
  readonly captured: readonly string[];
}

export type LayoutPart =
  /** Exactly these characters, with the quotes around a string. */
  | { readonly kind: 'literal'; readonly text: string }
  /** A value of the column's type; the quotes of a string are not part of it. */
  | { readonly kind: 'column'; readonly name: string; readonly type: ColumnType }
  /** The value of an undeclared field: any value that is not an array or object. */
  | { readonly kind: 'scalar' };

const STRING = /"([^"\\\u0000-\u001f]*)"/y;
const NUMBER_OR_WORD = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;
const BLANKS = /[ \t]*/y;

/** Objects in objects that a layout has at most. */
const MOST_LEVELS = 16;

/**
 * The layout of a line. Undefined if the line has none: it is not an object, or has an array, an escape, a repeated key,
 * a value of another type, or no time although one is needed.
 */
export function layoutOf(line: string, fields: LineFields, timeColumn?: string): LineLayout | undefined {
  const reader = lineReader(line);
  const text = reader.blanks();
  const parts = objectParts(reader, fields, MOST_LEVELS);
  if (parts === undefined || !/^[ \t\r]*$/.test(reader.rest())) return undefined;
  const captured = parts.flatMap((part) => (part.kind === 'column' ? [part.name] : []));
  return timeColumn === undefined || captured.includes(timeColumn)
    ? { parts: joined([literalPart(text), ...parts]), captured }
    : undefined;
}

/** The parts of the object at the reader's place. `levels`: how many objects may be in each other there. */
function objectParts(reader: LineReader, fields: LineFields, levels: number): LayoutPart[] | undefined {
  if (levels === 0 || !reader.take('{')) return undefined;
  const parts = [literalPart('{')];
  const seen = new Set<string>();
  do {
    const before = `${seen.size === 0 ? '' : ','}${reader.blanks()}`;
    const key = reader.match(STRING)?.[1];
    if (key === undefined || seen.has(key)) return undefined;
    seen.add(key);
    const behindKey = reader.blanks();
    if (!reader.take(':')) return undefined;
    parts.push(literalPart(`${before}"${key}"${behindKey}:${reader.blanks()}`));
    const { column, fields: inner = NO_FIELDS } = fields.get(key) ?? {};
    const value =
      column === undefined && reader.sees('{') ? objectParts(reader, inner, levels - 1) : valueParts(reader, column);
    if (value === undefined) return undefined;
    parts.push(...value, literalPart(reader.blanks()));
  } while (reader.take(','));
  return reader.take('}') ? [...parts, literalPart('}')] : undefined;
}

const NO_FIELDS: LineFields = new Map();

/** A column's value as text or `null`, or any scalar. */
function valueParts(
  reader: LineReader,
  column: { name: string; type: ColumnType } | undefined,
): LayoutPart[] | undefined {
  const value = reader.match(STRING)?.[0] ?? reader.match(NUMBER_OR_WORD)?.[0];
  if (value === undefined) return undefined;
  if (column === undefined) return [{ kind: 'scalar' }];
  if (value === 'null') return [literalPart('null')];
  const isText = column.type === 'VARCHAR';
  if (value.startsWith('"') !== isText) return undefined;
  const part: LayoutPart = { kind: 'column', ...column };
  return isText ? [literalPart('"'), part, literalPart('"')] : [part];
}

function literalPart(text: string): LayoutPart {
  return { kind: 'literal', text };
}

/** The parts, with neighbouring literals as one. */
function joined(parts: readonly LayoutPart[]): LayoutPart[] {
  const all: LayoutPart[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (part.kind !== 'literal') all.push(part);
    else if (last?.kind === 'literal') all[all.length - 1] = literalPart(last.text + part.text);
    else if (part.text !== '') all.push(part);
  }
  return all;
}

interface LineReader {
  match(expression: RegExp): RegExpExecArray | undefined;
  take(character: string): boolean;
  /** Whether the character is next. */
  sees(character: string): boolean;
  /** Reads the blanks at this place. */
  blanks(): string;
  rest(): string;
}

function lineReader(line: string): LineReader {
  let position = 0;
  const match = (expression: RegExp): RegExpExecArray | undefined => {
    expression.lastIndex = position;
    const found = expression.exec(line) ?? undefined;
    if (found !== undefined) position += found[0].length;
    return found;
  };
  return {
    match,
    take: (character) => {
      if (line[position] !== character) return false;
      position += 1;
      return true;
    },
    sees: (character) => line[position] === character,
    blanks: () => match(BLANKS)?.[0] ?? '',
    rest: () => line.slice(position),
  };
}

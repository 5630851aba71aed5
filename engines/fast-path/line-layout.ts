import type { ColumnType } from '../../domain/pipeline';
import type { Columns } from '../model/loaded-pipeline';

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

/**
 * The layout of a line. Undefined if the line has none: it is not a flat object, or has an escape, a repeated key, a
 * value of another type, or no time although one is needed.
 */
export function layoutOf(line: string, columns: Columns, timeColumn?: string): LineLayout | undefined {
  const reader = lineReader(line);
  const seen = new Set<string>();
  const parts: LayoutPart[] = [];
  let text = reader.blanks();
  if (!reader.take('{')) return undefined;
  text += '{';
  do {
    text += `${seen.size === 0 ? '' : ','}${reader.blanks()}`;
    const key = reader.match(STRING)?.[1];
    if (key === undefined || seen.has(key)) return undefined;
    seen.add(key);
    text += `"${key}"${reader.blanks()}`;
    if (!reader.take(':')) return undefined;
    text += `:${reader.blanks()}`;
    const value = reader.match(STRING)?.[0] ?? reader.match(NUMBER_OR_WORD)?.[0];
    if (value === undefined) return undefined;
    const type = columns[key];
    if (type === undefined) {
      parts.push({ kind: 'literal', text }, { kind: 'scalar' });
      text = reader.blanks();
    } else if (value === 'null') {
      text += `null${reader.blanks()}`;
    } else {
      if (value.startsWith('"') !== (type === 'VARCHAR')) return undefined;
      const quote = type === 'VARCHAR' ? '"' : '';
      parts.push({ kind: 'literal', text: text + quote }, { kind: 'column', name: key, type });
      text = quote + reader.blanks();
    }
  } while (reader.take(','));
  if (!reader.take('}') || !/^[ \t\r]*$/.test(reader.rest())) return undefined;
  const captured = parts.flatMap((part) => (part.kind === 'column' ? [part.name] : []));
  return timeColumn === undefined || captured.includes(timeColumn)
    ? { parts: [...parts, { kind: 'literal', text: `${text}}` }], captured }
    : undefined;
}

interface LineReader {
  match(expression: RegExp): RegExpExecArray | undefined;
  take(character: string): boolean;
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
    blanks: () => match(BLANKS)?.[0] ?? '',
    rest: () => line.slice(position),
  };
}

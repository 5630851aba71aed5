import type { ColumnType } from '../../domain/pipeline';
import type { Columns } from '../model/loaded-pipeline';

/**
 * The way in which one producer writes its lines: which keys, in which order, with which blanks. A line of a known
 * layout is proven valid, and its fields are found, without a JSON parser; every other line gets the whole rule.
 */
export interface LineLayout {
  readonly parts: readonly LayoutPart[];
  /** The columns among the parts. Any other column is absent, or null, in every line of the layout. */
  readonly captured: readonly string[];
}

export type LayoutPart =
  /** These very characters, of the quotes around a string too. */
  | { readonly kind: 'literal'; readonly text: string }
  /** A value of the column's type, within its quotes. */
  | { readonly kind: 'column'; readonly name: string; readonly type: ColumnType }
  /** Of an undeclared field: any value that holds no other value. */
  | { readonly kind: 'scalar' };

const STRING = /"([^"\\\u0000-\u001f]*)"/y;
const NUMBER_OR_WORD = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;
const BLANKS = /[ \t]*/y;

const STRING_PATTERN = '[^"\\\\\\x00-\\x1f]*';
const SCALAR_PATTERN = `(?:"${STRING_PATTERN}"|-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)`;
/** Narrower than the rule (18 digits always fit), never wider. */
const VALUE_PATTERNS: Readonly<Record<ColumnType, string>> = {
  VARCHAR: STRING_PATTERN,
  BIGINT: '-?(?:0|[1-9][0-9]{0,17})',
  DOUBLE: '(?:0|-?[1-9][0-9]{0,14})(?:\\.[0-9]{1,15})?',
  BOOLEAN: 'true|false',
};

/** The layout as a regular expression (RE2), anchored, with a group for each captured column. */
export function patternOf(layout: LineLayout, timeColumn: string, timePattern: string): string {
  return `^${innerPattern(layout, (name) => (name === timeColumn ? timePattern : undefined))}[ \\t\\r]*$`;
}

/**
 * The same for lines without a time: `groups` names its groups, of which `proof` is empty only where a line does not match.
 * That is a column where one can be, since RE2 is fast up to four groups.
 */
export function timelessPatternOf(layout: LineLayout): { pattern: string; groups: readonly string[]; proof: string } {
  const inner = innerPattern(layout, () => undefined);
  const groups = layout.captured.map((_, index) => `c${index}`);
  const neverEmpty = layout.parts.find((part) => part.kind === 'column' && part.type !== 'VARCHAR');
  if (neverEmpty?.kind === 'column') {
    const proof = `c${layout.captured.indexOf(neverEmpty.name)}`;
    return { pattern: `^${inner}[ \\t\\r]*$`, groups, proof };
  }
  const proof = 'closing';
  return { pattern: `^${inner.replace(/\\\}$/, '(\\})')}[ \\t\\r]*$`, groups: [...groups, proof], proof };
}

function innerPattern({ parts }: LineLayout, own: (column: string) => string | undefined): string {
  const inner = parts.map((part) => {
    switch (part.kind) {
      case 'literal':
        return escaped(part.text);
      case 'column':
        return `(${own(part.name) ?? VALUE_PATTERNS[part.type]})`;
      case 'scalar':
        return SCALAR_PATTERN;
    }
  });
  return inner.join('');
}

/**
 * The layout of a line; undefined where it has none: no flat object, an escape, a key twice, a value of another type,
 * no time where one is needed.
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
  /** Reads the blanks that stand here. */
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

function escaped(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}-]/g, '\\$&');
}

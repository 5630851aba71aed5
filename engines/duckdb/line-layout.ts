import type { ColumnType } from '../../domain/pipeline';
import type { Columns } from '../loaded-pipeline';

/**
 * The way in which one producer writes its lines: which keys, in which order, with which blanks. A line that matches
 * the pattern is proven valid and its fields are captured in one pass; every other line gets the whole rule.
 */
export interface LineLayout {
  /** A regular expression (RE2), anchored. Its groups are the captured columns, in order. */
  readonly pattern: string;
  readonly captured: readonly string[];
}

const STRING = /"([^"\\\u0000-\u001f]*)"/y;
const NUMBER_OR_WORD = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;
const BLANKS = /[ \t]*/y;

const STRING_PATTERN = '[^"\\\\\\x00-\\x1f]*';
/** Of undeclared fields: any value that holds no other value. */
const SCALAR_PATTERN = `(?:"${STRING_PATTERN}"|-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)`;
/** Narrower than the rule (18 digits always fit), never wider. */
const VALUE_PATTERNS: Readonly<Record<Exclude<ColumnType, 'VARCHAR'>, string>> = {
  BIGINT: '-?(?:0|[1-9][0-9]{0,17})',
  DOUBLE: '(?:0|-?[1-9][0-9]{0,14})(?:\\.[0-9]{1,15})?',
  BOOLEAN: 'true|false',
};

/**
 * The layout of a line, with `timePattern` for the value of `timeColumn`; undefined where the line has none:
 * no flat object, escapes, a key twice, a value of another type, no time.
 */
export function layoutOf(
  line: string,
  columns: Columns,
  timeColumn: string,
  timePattern: string,
): LineLayout | undefined {
  const reader = lineReader(line);
  const seen = new Set<string>();
  const captured: string[] = [];
  let pattern = `^${reader.blanks()}`;
  if (!reader.take('{')) return undefined;
  pattern += '\\{';
  do {
    pattern += `${seen.size === 0 ? '' : ','}${reader.blanks()}`;
    const key = reader.match(STRING)?.[1];
    if (key === undefined || seen.has(key)) return undefined;
    seen.add(key);
    pattern += `"${escaped(key)}"${reader.blanks()}`;
    if (!reader.take(':')) return undefined;
    pattern += `:${reader.blanks()}`;
    const type = columns[key];
    const value = reader.match(STRING)?.[0] ?? reader.match(NUMBER_OR_WORD)?.[0];
    if (value === undefined) return undefined;
    const valuePattern = patternOf(value, type, key === timeColumn ? timePattern : undefined);
    if (valuePattern === undefined) return undefined;
    if (valuePattern.captures) captured.push(key);
    pattern += valuePattern.text + reader.blanks();
  } while (reader.take(','));
  if (!reader.take('}') || !/^[ \t\r]*$/.test(reader.rest()) || !captured.includes(timeColumn)) return undefined;
  return { pattern: `${pattern}\\}[ \\t\\r]*$`, captured };
}

function patternOf(
  value: string,
  type: ColumnType | undefined,
  timePattern: string | undefined,
): { text: string; captures: boolean } | undefined {
  if (type === undefined) return { text: SCALAR_PATTERN, captures: false };
  if (value === 'null') return { text: 'null', captures: false };
  const isString = value.startsWith('"');
  if (isString !== (type === 'VARCHAR')) return undefined;
  if (type === 'VARCHAR') return { text: `"(${timePattern ?? STRING_PATTERN})"`, captures: true };
  return { text: `(${timePattern ?? VALUE_PATTERNS[type]})`, captures: true };
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

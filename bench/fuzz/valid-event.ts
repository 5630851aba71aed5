import { parseBusinessDate } from '../../domain/business-date';

export const DAY_OF_LINES = parseBusinessDate('2026-11-21');

const TIME = /^2026-11-21 07:[0-5]\d:[0-5]\d$/;
const INTEGER = /^-?(?:0|[1-9]\d*)$/;
const [LEAST, MOST] = [-(2n ** 63n), 2n ** 63n - 1n];

/** Whether a line is an event of `pipelines/events` at seven o'clock, by JavaScript's own JSON. */
export function isValidEvent(line: string): boolean {
  const fields = fieldsOf(line);
  if (fields === undefined) return false;
  const keys = fields.map(([key]) => key);
  if (new Set(keys).size < keys.length) return false;
  const text = (name: string): string => fields.find(([key]) => key === name)?.[1] ?? 'null';
  const isText = (value: string): boolean => value === 'null' || value.startsWith('"');
  const id = text('id');
  const isInteger = id === 'null' || (INTEGER.test(id) && BigInt(id) >= LEAST && BigInt(id) <= MOST);
  const time: unknown = JSON.parse(text('time'));
  return isText(text('hello')) && isInteger && typeof time === 'string' && TIME.test(time);
}

/** The fields of an object, their values as they are written; undefined if the line is no object of JSON. */
function fieldsOf(line: string): (readonly [key: string, value: string])[] | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  } catch {
    return undefined;
  }
  const fields: [string, string][] = [];
  let [depth, start] = [0, 0];
  let key: string | undefined;
  // The line is JSON, so that these are its only tokens.
  for (const { 0: token, index } of line.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g)) {
    if (token === ':' && depth === 1) start = index + 1;
    else if ((token === ',' || token === '}') && depth === 1 && key !== undefined) {
      fields.push([key, line.slice(start, index).trim()]);
      key = undefined;
    } else if (token.startsWith('"') && depth === 1) key ??= String(JSON.parse(token));
    if (token === '{' || token === '[') depth += 1;
    if (token === '}' || token === ']') depth -= 1;
  }
  return fields;
}

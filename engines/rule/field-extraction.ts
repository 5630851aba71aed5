import type { PathStep } from '../../domain/field-path';
import { literal, literals } from '../duckdb/sql';

type Steps = readonly PathStep[];

/**
 * SQL of the JSON texts at `paths` within the JSON `json`, as a list in their order. NULL where the path leads nowhere: a
 * key goes only into an object, an index only into an array.
 */
export function fieldsAtSql(json: string, paths: readonly Steps[]): string {
  return paths.every(isPlain)
    ? `json_extract(${json}, ${literals(paths.map(plainPath))})::VARCHAR[]`
    : `[${paths.map((steps) => fieldAtSql(json, steps)).join(', ')}]`;
}

/** SQL of the JSON text at one path. */
export function fieldAtSql(json: string, steps: Steps): string {
  return `${jsonAt(json, steps)}::VARCHAR`;
}

/** SQL of the keys of the objects at `paths`, a list for each; empty or NULL if no object is there. */
export function keysAtSql(json: string, paths: readonly Steps[]): string {
  return paths.every(isPlain)
    ? `json_keys(${json}, ${literals(paths.map(plainPath))})`
    : `[${paths.map((steps) => `json_keys(${jsonAt(json, steps)})`).join(', ')}]`;
}

/**
 * DuckDB's own paths know no empty key, take a * for any key even in quotes, and are unclear about escapes. As a JSON
 * pointer such keys are exact. A pointer alone would not do: its digits are a key or an index, as the value is.
 */
function jsonAt(json: string, steps: Steps): string {
  const odd = steps.findIndex((step) => !isPlainStep(step));
  if (odd === -1) return steps.length === 0 ? json : `json_extract(${json}, ${literal(plainPath(steps))})`;
  const before = jsonAt(json, steps.slice(0, odd));
  return jsonAt(`json_extract(${before}, ${literal(pointer(String(steps[odd])))})`, steps.slice(odd + 1));
}

function isPlain(steps: Steps): boolean {
  return steps.every(isPlainStep);
}

function isPlainStep(step: PathStep): boolean {
  return typeof step === 'number' || /^[^"\\*]+$/.test(step);
}

function plainPath(steps: Steps): string {
  return `$${steps.map((step) => (typeof step === 'number' ? `[${step}]` : `."${step}"`)).join('')}`;
}

function pointer(key: string): string {
  return `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

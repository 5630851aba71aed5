import { DaybreakError } from '../errors';

/** A name in Druid SQL, whatever characters it has. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text in Druid SQL, whatever characters it has. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A column in a native expression, whatever characters its name has. */
export function expressionName(name: string): string {
  return `"${name.replace(/["\\]/g, '\\$&')}"`;
}

/** A text in a native expression, whatever characters it has. */
export function expressionText(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}

/** A Druid SQL literal for an instant. */
export function timestampLiteral(instant: string): string {
  const parsed = new Date(instant);
  if (Number.isNaN(parsed.getTime())) {
    throw new DaybreakError('BAD_DATE', { what: `'${instant}' is not an instant`, remedy: 'Give ISO 8601.' });
  }
  return `TIMESTAMP '${parsed.toISOString().replace('T', ' ').replace('Z', '')}'`;
}

/** A name in Druid SQL, whatever it holds. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text in Druid SQL, whatever it holds. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A column in a native expression, whatever its name holds. */
export function expressionName(name: string): string {
  return `"${name.replace(/["\\]/g, '\\$&')}"`;
}

/** A text in a native expression, whatever it holds. */
export function expressionText(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}

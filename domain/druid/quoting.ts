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

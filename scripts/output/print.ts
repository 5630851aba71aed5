/** A line of result, for people. */
export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** The result of a command for programs: one JSON document. */
export function printJson(value: unknown): void {
  print(jsonOf(value));
}

export function jsonOf(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

/** A line about what is going on: beside the result, so that the result can be piped. */
export function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

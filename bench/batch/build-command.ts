/** The command that builds the benches' day. */
export function buildCommand(input: string, output: string, ...more: string[]): string[] {
  return buildCommandWith('pipelines/events', input, output, ...more);
}

/** The same with another pipeline. */
export function buildCommandWith(pipeline: string, input: string, output: string, ...more: string[]): string[] {
  return [
    ...[process.execPath, 'scripts/daybreak.mjs', 'batch', 'build', '--pipeline', pipeline],
    ...['--date', '2026-11-21', '--input', input, '--output', output, ...more],
  ];
}

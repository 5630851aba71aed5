import { readFileSync } from 'node:fs';
import { pipelineJsonSchema } from '../../domain/pipeline';

/** Of JSON Schema, what a pipeline's settings use. */
interface Setting {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Setting>>;
  readonly additionalProperties?: Setting | boolean;
}
/** The rows that the table must have: one a setting, those of a table below `tables.<name>`. */
function rowsOf(setting: Setting, path: readonly string[] = []): string[][] {
  const { properties, additionalProperties } = setting;
  const name = path.join('.');
  const row = [
    `\`${name}\``,
    setting.enum === undefined
      ? (setting.type ?? '')
      : `one of ${setting.enum.map((value) => `\`${value}\``).join(', ')}`,
    setting.default === undefined || typeof setting.default === 'object'
      ? ''
      : `\`${JSON.stringify(setting.default)}\``,
    setting.description ?? '',
  ];
  const below = Object.entries(properties ?? {}).flatMap(([key, child]) => rowsOf(child, [...path, key]));
  const named = typeof additionalProperties === 'object' && additionalProperties.properties !== undefined;
  if (named)
    return [
      row,
      ...Object.entries(additionalProperties.properties).flatMap(([key, child]) =>
        rowsOf(child, [...path, '<name>', key]),
      ),
    ];
  return properties === undefined ? [row] : below;
}

it('has every setting of pipeline.yaml with its type, default and description, and no other', () => {
  const page = readFileSync('docs/pipelines.md', 'utf8');
  const written = page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const wanted = rowsOf(pipelineJsonSchema());
  expect(wanted.length).toBeGreaterThan(30);
  expect(written).toEqual(wanted);
});

import { pipelineJsonSchema } from '../../domain/pipeline';

/** The part of JSON Schema that a pipeline's settings use. */
interface Setting {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Setting>>;
  readonly additionalProperties?: Setting | boolean;
}

/**
 * The lines of the table of settings, without its head: one for each setting. Settings of a table are below
 * `tables.<name>`.
 */
export function settingRows(setting: Setting = pipelineJsonSchema(), path: readonly string[] = []): string[][] {
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
  const below = Object.entries(properties ?? {}).flatMap(([key, child]) => settingRows(child, [...path, key]));
  const named = typeof additionalProperties === 'object' && additionalProperties.properties !== undefined;
  if (named)
    return [
      row,
      ...Object.entries(additionalProperties.properties).flatMap(([key, child]) =>
        settingRows(child, [...path, '<name>', key]),
      ),
    ];
  return properties === undefined ? [row] : below;
}

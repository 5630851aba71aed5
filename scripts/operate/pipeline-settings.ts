import { pipelineJsonSchema } from '../../domain/pipeline';

/** The part of JSON Schema that a pipeline's settings use. */
interface Setting {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Setting>>;
  readonly additionalProperties?: Setting | boolean;
  /** What a list holds. */
  readonly items?: Setting;
  /** Short and long forms. */
  readonly anyOf?: readonly Setting[];
}

/**
 * The lines of the table of settings, without its head: one for each setting. Settings of a table are below
 * `tables.<name>`, those of a column in its long form below `events.columns.<name>`, those of an item below `checks[]`.
 */
export function settingRows(setting: Setting = pipelineJsonSchema(), path: readonly string[] = []): string[][] {
  const { properties, additionalProperties, items } = setting;
  const name = path.join('.');
  const row = [
    `\`${name}\``,
    valuesOf(setting),
    setting.default === undefined || typeof setting.default === 'object'
      ? ''
      : `\`${JSON.stringify(setting.default)}\``,
    setting.description ?? '',
  ];
  const below = Object.entries(properties ?? {}).flatMap(([key, child]) => settingRows(child, [...path, key]));
  const named = longFormOf(additionalProperties);
  if (named !== undefined) {
    const each = Object.entries(named).flatMap(([key, child]) => settingRows(child, [...path, '<name>', key]));
    return [row, ...each];
  }
  if (items?.properties !== undefined) return [row, ...settingRows(items, [`${name}[]`])];
  return properties === undefined ? [row] : below;
}

/** What a setting takes: of several forms, the types of all. */
function valuesOf({ type, anyOf = [], ...setting }: Setting): string {
  if (setting.enum !== undefined) return `one of ${setting.enum.map((value) => `\`${value}\``).join(', ')}`;
  const types = [type, ...anyOf.map((form) => form.type)].filter((one) => one !== undefined);
  return [...new Set(types)].join(' or ');
}

/** What is set below a name that the user gives. */
function longFormOf(setting: Setting['additionalProperties']): Setting['properties'] {
  if (typeof setting !== 'object') return undefined;
  return setting.properties ?? setting.anyOf?.find(({ properties }) => properties !== undefined)?.properties;
}

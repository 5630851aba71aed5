import * as z from 'zod';
import { isDecimalType, PLAIN_EVENT_TYPES, type EventType } from './column-types';
import { parsePath, PATHS, type PathStep } from './field-path';

/** Whether a column or a table has a name as only those of Daybreak itself have one. SQL ignores the case of names. */
export function isOwnName(name: string): boolean {
  return /^daybreak_/i.test(name);
}

export const OTHER_NAMES = 'a name that does not begin with daybreak_, as those of Daybreak itself do';

/** Names that SQL, JSON specs and terminals accept as they are. SQL quotes those that are no identifiers. */
export const columnName = z
  .string()
  .regex(/^[^\p{C}"'`\\]{1,200}$/u, 'at most 200 characters, without quotes, backslashes and control characters')
  .refine((name) => !isOwnName(name), OTHER_NAMES);

const TYPES = `${PLAIN_EVENT_TYPES.filter((type) => !type.endsWith('[]')).join(', ')}, DECIMAL(digits,scale) such as DECIMAL(18,4), or one of these with [] for a list`;

const decimal = z
  .templateLiteral(['DECIMAL(', z.int(), ',', z.int(), ')', z.enum(['', '[]'])], { error: TYPES })
  .refine(isDecimalType, TYPES);
const eventType = z.union([z.enum(PLAIN_EVENT_TYPES), decimal], { error: TYPES });

const described = z
  .strictObject({
    type: eventType.describe(
      'VARCHAR, BIGINT, DOUBLE, BOOLEAN, JSON, DECIMAL(digits,scale), or one of these with [] for a list.',
    ),
    path: z
      .string()
      .max(1024)
      .refine((path) => parsePath(path) !== undefined, PATHS)
      .optional()
      .describe('Where the field is, such as $.user.id or $.items[0].sku. Default: the field of the column’s name.'),
    lenient: z
      .boolean()
      .default(false)
      .describe(
        'Take numbers, true and false as a VARCHAR, and texts that hold a number, true or false as the others.',
      ),
  })
  .refine(({ type, lenient }) => !(lenient && type.startsWith('JSON')), {
    path: ['lenient'],
    message: 'false, since JSON takes every value',
  });

/** A column as pipeline.yaml declares it: its type alone, or with more. */
export const eventColumn = z.union([eventType, described], {
  error: ({ errors: [, issues = []] }) => {
    const [first] = issues;
    if (first === undefined || (first.code === 'invalid_type' && first.path.length === 0))
      return `${TYPES}; or type, path and lenient`;
    return issues.map(({ path, message }) => [...path, message].join(': ')).join('; ');
  },
});
type Described = z.infer<typeof described>;
export type ColumnSetting = z.infer<typeof eventColumn>;

/** A column of an event. */
export interface EventColumn {
  readonly name: string;
  readonly type: EventType;
  /** Where its field is in the record. Never empty. */
  readonly steps: readonly PathStep[];
  /** The name as reasons show it, with the path if pipeline.yaml gives one. */
  readonly label: string;
  /** Whether it takes numbers and texts alike. */
  readonly lenient: boolean;
}

type Settings = Readonly<Record<string, ColumnSetting>>;

/** The columns in the order in which the pipeline declares them. */
export function eventColumnsOf({ columns }: { readonly columns: Settings }): EventColumn[] {
  return Object.entries(columns).map(([name, setting]) => declared(name, setting));
}

/** A column by its name; undefined if there is none. */
export function columnOf(columns: Settings, name: string): EventColumn | undefined {
  const setting = Object.hasOwn(columns, name) ? columns[name] : undefined;
  return setting === undefined ? undefined : declared(name, setting);
}

function declared(name: string, setting: ColumnSetting): EventColumn {
  const {
    type,
    path,
    lenient = false,
  }: Partial<Described> & Pick<Described, 'type'> = typeof setting === 'string' ? { type: setting } : setting;
  const steps = (path === undefined ? undefined : parsePath(path)) ?? [name];
  return { name, type, steps, label: path === undefined ? name : `${name} (${path})`, lenient };
}

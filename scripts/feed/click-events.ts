import { isDeepStrictEqual } from 'node:util';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { damagedBy, type EventKind } from './event-kind';
import { offsetTimeFormatter } from './local-time';

/** A page view of a web shop. */
export interface ClickEvent {
  /** ISO time of the zone, with milliseconds and with the offset as Fluentd's %z writes it: +0100. */
  readonly '@timestamp': string;
  readonly event: { readonly id: string };
  /** Null if nobody is signed in. */
  readonly user: { readonly id: number | null };
  readonly page: { readonly path: string };
  readonly 'http.referrer'?: string;
  /** The products that the page shows, with prices in euros. */
  readonly items: readonly { readonly sku: string; readonly price: number }[];
  readonly campaigns: readonly string[];
  readonly app: number | string;
  readonly device: { readonly os: string; readonly width: number; readonly bot?: true };
  readonly render_ms: number;
}

/** The columns of these events, as a pipeline declares them. */
const COLUMNS = {
  '@timestamp': 'VARCHAR',
  view: { type: 'VARCHAR', path: '$.event.id', lenient: false },
  visitor: { type: 'BIGINT', path: '$.user.id', lenient: false },
  page: { type: 'VARCHAR', path: '$.page.path', lenient: false },
  'http.referrer': 'VARCHAR',
  sku: { type: 'VARCHAR', path: '$.items[0].sku', lenient: false },
  price: { type: 'DECIMAL(8,2)', path: '$.items[0].price', lenient: false },
  campaigns: 'VARCHAR[]',
  app: { type: 'VARCHAR', lenient: true },
  device: 'JSON',
  render_ms: 'BIGINT',
};

/** What the shop sells, with its price in cents. */
const PRODUCTS = [
  { sku: 'TEA-01', cents: 3490 },
  { sku: 'CUP-04', cents: 850 },
  { sku: 'KNI-11', cents: 8900 },
  { sku: 'PAN-20', cents: 4995 },
  { sku: 'BRD-07', cents: 2750 },
  { sku: 'MUG-02', cents: 1990 },
] as const;
const PAGES = ['/', '/', '/search', '/cart'] as const;
const REFERRERS = [
  'https://search.example/?q=teapot',
  'https://mail.example/inbox',
  'http://blog.example/best-knives#top',
] as const;
const CAMPAIGNS = [[], [], ['sale'], ['newsletter'], ['sale', 'newsletter']] as const;
const APPS = [6, 7, '7.1', '8.0-beta'] as const;
const DEVICES = [
  { os: 'android', width: 412 },
  { os: 'ios', width: 390 },
  { os: 'windows', width: 1920 },
] as const;
const VISITORS = 2_000;
const SALE = 0.9;

const DAMAGES: readonly ((event: ClickEvent) => string)[] = [
  (event) => JSON.stringify(event).slice(0, -9),
  (event) => JSON.stringify({ ...event, user: { id: 'guest' } }),
  (event) => JSON.stringify({ ...event, items: [{ sku: 'TEA-01', price: 34.905 }] }),
  (event) => JSON.stringify({ ...event, '@timestamp': event['@timestamp'].slice(0, -5).replace('T', ' at ') }),
  ({ '@timestamp': _, ...event }) => JSON.stringify(event),
  (event) => JSON.stringify(event).replace('"page":{', '"page":{"path":"/twice",'),
];

export const clickEvents: EventKind<ClickEvent> = {
  example: 'pipelines/clicks',
  areOf: ({ columns, time }) =>
    time.column === '@timestamp' && time.format === 'iso' && isDeepStrictEqual({ ...columns }, COLUMNS),
  makerOf: ({ seed, timeZone }) => {
    const random = xoroshiro128plus(seed);
    const below = (count: number): number => uniformInt(random, 0, count - 1);
    const oneOf = <T>(values: readonly T[]): T => values[below(values.length)] as T; // It is within.
    const offsetTime = offsetTimeFormatter(timeZone);
    return (id, instant) => {
      const product = below(3) === 0 ? undefined : oneOf(PRODUCTS);
      const campaigns = oneOf<readonly string[]>(CAMPAIGNS);
      const cents = Math.round((product?.cents ?? 0) * (campaigns.includes('sale') ? SALE : 1));
      const event: ClickEvent = {
        '@timestamp': offsetTime(instant),
        event: { id: `v-${id}` },
        user: { id: below(4) === 0 ? null : 1_000 + below(VISITORS) },
        page: { path: product === undefined ? oneOf(PAGES) : `/p/${product.sku}` },
        ...(below(3) > 0 && { 'http.referrer': oneOf(REFERRERS) }),
        items: product === undefined ? [] : [{ sku: product.sku, price: cents / 100 }],
        campaigns,
        app: oneOf(APPS),
        device: { ...oneOf(DEVICES), ...(below(50) === 0 && { bot: true as const }) },
        render_ms: 40 + below(below(100) === 0 ? 4_000 : 400),
      };
      return { event, damaged: (choice) => damagedBy(DAMAGES, event, choice) };
    };
  },
};

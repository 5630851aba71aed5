import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { createDruidClient } from '../../../clients/druid';
import { parseBusinessDate } from '../../../domain/business-date';
import type { DailyBatchResult } from '../../../domain/daily-batch';
import { readConfig } from '../../../worker/config';
import { background, daybreak, succeed, type BackgroundCommand } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { until } from '../support/until';
import { servedBy } from './day-rows';
import { sendToRealtime } from './send-to-realtime';

useStack();
const date = parseBusinessDate('2026-03-15');
const config = readConfig();
const { queries } = createDruidClient(config.druid);

const COLUMNS = `    "@timestamp": VARCHAR
    user_id: { type: BIGINT, path: $.user.id }
    user_name: { type: VARCHAR, path: '$["user.name"]' }
    sku: { type: VARCHAR, path: '$.items[0].sku' }
    price: { type: 'DECIMAL(12,2)', path: '$.items[0].price' }
    active: BOOLEAN
    tags: VARCHAR[]
    sizes: BIGINT[]
    weights: DOUBLE[]
    flags: BOOLEAN[]
    payload: JSON
    code: { type: VARCHAR, lenient: true }
`;
const TRANSFORM = `SELECT e."@timestamp", e.user_id, e.user_name, e.sku, CAST(e.price AS DOUBLE) AS price, e.active, e.tags, e.sizes,
  e.weights, e.flags, e.payload, e.payload::VARCHAR AS written, e.code, len(e.tags) AS tag_count
FROM events e
`;

/** JSON, and what of it Druid has. */
const PAYLOADS: readonly (readonly [json: string, written: string | null])[] = [
  ['{"a":1.50,"b":{"c":[1,null,{}]},"z":1,"y":[]}', '{"a":1.50,"b":{"c":[1,null,{}]},"z":1,"y":[]}'],
  ['{ "id" : 9007199254740993 , "low" : -9223372036854775808 }', '{"id":9007199254740993,"low":-9223372036854775808}'],
  ['{"huge":123456789012345678901234567890}', '{"huge":123456789012345678901234567890}'],
  ['{"far":1e308,"near":1e-400}', '{"far":1e308,"near":1e-400}'],
  [
    '{"zero":-0.0,"none":-0,"exact":0.1000000000000000055511151231257827}',
    '{"zero":-0.0,"none":-0,"exact":0.1000000000000000055511151231257827}',
  ],
  [
    '{"":{"@t":1,"user.name":"x","서울":"😀","\\u0001":"\\u0000\\u2028\\n\\""}}',
    '{"":{"@t":1,"user.name":"x","서울":"😀","\\u0001":"\\u0000\u2028\\n\\""}}',
  ],
  ['"text"', '"text"'],
  ['5', '5'],
  ['1.5e0', '1.5e0'],
  ['true', 'true'],
  ['[]', '[]'],
  ['{}', '{}'],
  ['[1,"a",[true,null]]', '[1,"a",[true,null]]'],
  ['null', null],
];
const LISTS = [
  '"tags":["a",null,""],"sizes":[9007199254740993,null,-1],"weights":[0.1,1,null,-0.0,1e-7],"flags":[true,null,false],"active":true,"code":1.50',
  '"tags":[],"sizes":[],"weights":[],"flags":[],"active":false,"code":"1.50"',
  '"tags":null,"sizes":null,"weights":null,"flags":null,"active":null,"code":null',
  '"tags":["서울","\\u0000"],"sizes":[1],"weights":[1],"flags":[false],"code":true',
  '"tags":[null],"sizes":[null],"weights":[null],"flags":[null]',
];
const EVENTS = PAYLOADS.map(
  ([payload], id) =>
    `{"@timestamp":"${date}T05:00:${String(id).padStart(2, '0')}+0900","user":{"id":${id},"more":[1]},"user.name":"n${id}",` +
    `"items":[{"sku":"s${id}","price":${id}.50}],"payload":${payload},${LISTS[id % LISTS.length] ?? ''}}`,
);
const BAD = [
  '{"@timestamp":"2026-03-15T05:00:00Z","payload":{"a":{"b":1,"b":2}}}',
  '{"@timestamp":"2026-03-15T05:00:00Z","items":[{"price":0.001}]}',
];

let pipeline: OwnPipeline;
let worker: BackgroundCommand;

beforeAll(async () => {
  pipeline = await ownPipeline((yaml) =>
    yaml
      .replace(/ {4}hello: VARCHAR\n {4}id: BIGINT\n {4}time: VARCHAR\n/, COLUMNS)
      .replace('column: time', "column: '@timestamp'")
      .replace(/format: yyyy.*/, 'format: iso')
      .replace(/tables:[^]*?(?=files:)/, '')
      .replace(/matchColumn: .*\n/, '')
      .replace(/settleSeconds: \d+/, 'settleSeconds: 0\n  allowedMissingHours: 23\n  maximumQuarantined: 0.5'),
  );
  await writeFile(join(pipeline.folder, 'transform.sql'), TRANSFORM);
  await mkdir(pipeline.input, { recursive: true });
  await writeFile(
    join(pipeline.input, 'names.20260315.05.json'),
    [...EVENTS, ...EVENTS, ...BAD].map((line) => `${line}\n`).join(''),
  );
  worker = await background('worker', pipeline.environment, '"msg":"ready"');
});

afterAll(() =>
  endAll(
    () => worker.stop(),
    () => pipeline.remove(),
  ),
);

const rowSchema = z.looseObject({ user_id: z.number() });
const served = async (): Promise<z.infer<typeof rowSchema>[]> => {
  const rows = await servedBy(pipeline.topic, () =>
    queries.sql(
      `SELECT user_id, user_name, sku, price, active, ARRAY_LENGTH(tags) AS tag_count, ARRAY_TO_STRING(sizes, ',') AS sizes,
        ARRAY_CONTAINS(weights, ARRAY[0.1]) AS is_light, flags, JSON_VALUE(payload, '$.b.c[0]') AS inside, written, code
       FROM "${pipeline.topic}"`,
      [],
      rowSchema,
    ),
  );
  return rows.sort((one, other) => one.user_id - other.user_id);
};
const on = (): string => `--pipeline ${pipeline.name} --date ${date}`;

it('go through both layers to Druid, with proof', async () => {
  await succeed(`speed start --pipeline ${pipeline.name}`, pipeline.environment);
  await sendToRealtime(pipeline.topic, [...EVENTS, ...BAD]);
  await until('the events in realtime', async () => (await served()).length === EVENTS.length);
  const realtime = await served();

  const result = JSON.parse(await succeed(`batch run ${on()} --json`, pipeline.environment)) as DailyBatchResult;
  expect(result).toMatchObject({
    verdict: 'replaced',
    counts: { read: 2 * EVENTS.length + BAD.length, kept: EVENTS.length, quarantined: BAD.length },
  });
  const batch = await served();
  expect(batch).toEqual(realtime);
  expect(batch.map(({ written }) => written)).toEqual(PAYLOADS.map(([, written]) => written));
  expect(batch[0]).toMatchObject({
    ...{ user_name: 'n0', sku: 's0', price: 0.5, active: 1, tag_count: 3, inside: '1', code: '1.50' },
  });
  expect(await daybreak(`batch verify ${on()}`, pipeline.environment)).toMatchObject({ code: 0 });
});

it.each([
  ['an element of an array', '"sizes":[9007199254740993,', '"sizes":[9007199254740992,'],
  ['a null in an array', '"tags":["a",null,""]', '"tags":["a","",""]'],
  ['a nested value', '"b":{"c":[1,', '"b":{"c":[2,'],
  ['a nested key', '"b":{"c":', '"b":{"d":'],
  ['the digits of a nested number', '{"id":9007199254740993', '{"id":9007199254740992'],
  ['true', '"active":true', '"active":false'],
])('are compared: %s that differs is found', async (_what, text, other) => {
  const file = join(pipeline.output, date, '05.ndjson');
  const rows = await readFile(file, 'utf8');
  expect(rows).toContain(text);
  try {
    await writeFile(file, rows.replace(text, other));
    const { code, stderr } = await daybreak(`batch verify ${on()}`, pipeline.environment);
    expect([code, stderr]).toEqual([1, expect.stringContaining('PROOF_FAILED')]);
  } finally {
    await writeFile(file, rows);
  }
  expect(await daybreak(`batch verify ${on()}`, pipeline.environment)).toMatchObject({ code: 0 });
});

it('are proven by aggregates, and counted by a sketch at the gate', async () => {
  const settings = join(pipeline.folder, 'pipeline.yaml');
  await appendFile(settings, '\nproof: aggregates\n');
  expect(await succeed(`batch verify ${on()}`, pipeline.environment)).toContain('by aggregates');
  const result = JSON.parse(await succeed(`batch run ${on()} --json`, pipeline.environment)) as DailyBatchResult;
  expect(result).toMatchObject({ verdict: 'replaced', proof: 'aggregates' });
});

import { join } from 'node:path';
import { loadPipeline } from '../../../engines/load-pipeline';
import { pipelineLike, scratchFolder } from '../scratch';

const root = scratchFolder();

const PIPELINE = `name: events
timeZone: Asia/Seoul
events:
  columns: { time: VARCHAR, id: BIGINT, hello: VARCHAR, amount: DOUBLE, ok: BOOLEAN, code: BIGINT }
  time: { column: time }
tables:
  texts: { file: texts.csv, format: csv, columns: { code: VARCHAR, name: VARCHAR }, key: [code] }
  numbers: { file: numbers.csv, format: csv, columns: { uid: BIGINT, parent: BIGINT }, key: [uid] }
  doubles: { file: doubles.csv, format: csv, columns: { d: DOUBLE, name: VARCHAR }, key: [d] }
  flags: { file: flags.csv, format: csv, columns: { b: BOOLEAN, name: VARCHAR }, key: [b] }
  pairs: { file: pairs.csv, format: csv, columns: { code: VARCHAR, uid: BIGINT }, key: [code, uid] }
files: { pattern: ev.%Y%m%d.%H*.json }
kafka: { topic: joins, outputTopic: joins_out, key: id }
druid: { datasource: joins }
`;

/** Checks SELECT e.time, e.id FROM events e, followed by `rest`. */
async function check(rest: string, yaml = PIPELINE): Promise<void> {
  const folder = await pipelineLike('events', root, {
    'pipeline.yaml': yaml,
    'transform.sql': `SELECT e.time, e.id\nFROM events e ${rest}`,
    'texts.csv': 'code,name\n7,seven\n07,padded\n7.0,decimal\n',
    'numbers.csv': 'uid,parent\n1,2\n',
    'doubles.csv': 'd,name\n1.5,x\n',
    'flags.csv': 'b,name\ntrue,x\n',
    'pairs.csv': 'code,uid\n7,1\n07,1\n',
  });
  await loadPipeline(folder);
}

it.each<[string, string, string]>([
  ['LEFT JOIN texts n ON n.code = e.id', 'to BIGINT,', 'n.code = e.id::VARCHAR'],
  ['LEFT JOIN texts n ON e.id = n.code', 'to BIGINT,', 'n.code = e.id::VARCHAR'],
  ['LEFT JOIN texts n ON e.id % 10 = n.code::BIGINT', 'to BIGINT,', 'n.code = (e.id % 10)::VARCHAR'],
  ['LEFT JOIN texts n ON try_cast(n.code AS BIGINT) = e.id', 'to BIGINT,', 'n.code = e.id::VARCHAR'],
  ['JOIN texts n ON true WHERE n.code = e.amount', 'to DOUBLE,', 'n.code = e.amount::VARCHAR'],
  ['LEFT JOIN texts n ON n.code = 7', 'to INTEGER,', 'n.code = CAST(7 AS VARCHAR)'],
  ['LEFT JOIN texts n ON n.code = -7', 'to INTEGER,', 'n.code = CAST(-7 AS VARCHAR)'],
  ['LEFT JOIN texts n ON n.code = 7.0', 'to DECIMAL(2,1),', 'n.code = CAST(7.0 AS VARCHAR)'],
  ['LEFT JOIN texts n ON n.code = e.ok', 'to BOOLEAN,', 'n.code = e.ok::VARCHAR'],
  ['LEFT JOIN texts n ON n.code = e.time::DATE', 'to DATE,', 'n.code = CAST(e."time" AS DATE)::VARCHAR'],
  ['LEFT JOIN texts n ON n.code COLLATE NOCASE = e.hello', 'applies lower() to', 'n.code = e.hello::VARCHAR'],
  ['LEFT JOIN texts n ON n.code = e.hello COLLATE NOCASE', 'applies lower() to', 'n.code = e.hello::VARCHAR'],
  ['LEFT JOIN texts n ON lower(n.code) = e.hello', 'applies lower() to', 'n.code = e.hello::VARCHAR'],
  ['LEFT JOIN texts n USING (code)', 'to BIGINT,', 'n.code = e.code::VARCHAR'],
  ['LEFT JOIN numbers n ON n.uid = e.amount', 'to DOUBLE,', 'n.uid = e.amount::BIGINT'],
  ['LEFT JOIN numbers n ON n.uid::DOUBLE = e.id', 'to DOUBLE,', 'n.uid = e.id::BIGINT'],
  ['LEFT JOIN numbers n ON n.uid::FLOAT = e.id', 'to FLOAT,', 'n.uid = e.id::BIGINT'],
  ['LEFT JOIN numbers n ON n.uid::BOOLEAN = e.ok', 'to BOOLEAN,', 'n.uid = e.ok::BIGINT'],
  ['LEFT JOIN doubles n ON n.d::BIGINT = e.id', 'to BIGINT,', 'n.d = e.id::DOUBLE'],
  ['LEFT JOIN doubles n ON n.d::FLOAT = e.amount', 'to FLOAT,', 'n.d = e.amount::DOUBLE'],
  ['LEFT JOIN pairs n ON n.uid = e.id AND n.code = e.id', 'to BIGINT,', 'n.code = e.id::VARCHAR'],
  ['JOIN numbers m ON m.uid = e.id LEFT JOIN texts n ON n.code = m.parent', 'to BIGINT,', 'n.code = m.parent::VARCHAR'],
])('a comparison that changes the key is refused with what to write: %s', async (rest, how, write) => {
  await expect(check(rest)).rejects.toMatchObject({
    code: 'BAD_TRANSFORM',
    what: expect.stringMatching(
      new RegExp(`^${escaped(join(root, 'events'))}/transform\\.sql:(2:\\d+:)? .*${escaped(how)}`),
    ) as string,
    remedy: expect.stringContaining('allowDuplicateKeys') as string,
  });
  await expect(check(rest)).rejects.toThrow(write);
});

it('names the place of the comparison, and both types', async () => {
  await expect(check('LEFT JOIN texts n ON true AND n.code = e.id')).rejects.toMatchObject({
    what: expect.stringContaining(
      "transform.sql:2:45: the comparison casts n.code, a column of the table's key, from VARCHAR to BIGINT, ",
    ) as string,
  });
});

it('does what it says: what a refusal says to write is taken', async () => {
  await check('LEFT JOIN texts n ON n.code = e.id::VARCHAR');
  await check('LEFT JOIN texts n ON n.code = (e.id % 10)::VARCHAR');
  await check('LEFT JOIN texts n ON n.code = e.code::VARCHAR');
  await check('LEFT JOIN texts n ON n.code = CAST(-7 AS VARCHAR)');
  await check('LEFT JOIN numbers n ON n.uid = e.amount::BIGINT');
});

it.each([
  'LEFT JOIN numbers n ON n.uid = e.id % 10',
  'LEFT JOIN numbers n ON n.uid = e.id::INTEGER',
  'LEFT JOIN numbers n ON n.uid = e.id::HUGEINT',
  'LEFT JOIN numbers n ON n.uid = 7',
  'LEFT JOIN numbers n ON n.uid = 7.0',
  "LEFT JOIN numbers n ON n.uid = '7'",
  'LEFT JOIN numbers n ON n.uid = e.hello',
  'LEFT JOIN numbers n ON n.uid::VARCHAR = e.hello',
  'LEFT JOIN numbers n ON n.uid = e.ok',
  'LEFT JOIN texts n ON n.code = e.hello',
  "LEFT JOIN texts n ON n.code = '7'",
  'LEFT JOIN texts n ON n.code = lower(e.hello)',
  'LEFT JOIN doubles n ON n.d = e.id',
  'LEFT JOIN doubles n ON n.d = e.amount',
  'LEFT JOIN doubles n ON n.d = 1.5',
  'LEFT JOIN flags n ON n.b = e.ok',
  'LEFT JOIN flags n ON n.b = e.id',
  'LEFT JOIN flags n ON n.b = e.hello',
  'LEFT JOIN pairs n ON n.uid = e.id AND n.code = e.hello',
  "LEFT JOIN numbers n ON n.uid = e.id AND (n.parent = 1 OR e.hello = 'x')",
  'LEFT JOIN numbers n ON NOT (n.uid <> e.id)',
  'JOIN (numbers n JOIN numbers m ON m.uid = n.parent) ON n.uid = e.id',
  'LEFT JOIN numbers n ON n.uid = e.id JOIN numbers m ON m.uid = n.parent',
  'LEFT JOIN numbers n ON n.uid = list_transform([e.id], lambda x: x + 1)[1]',
  "LEFT JOIN texts n ON n.code = strftime(e.time::TIMESTAMP, '%d')",
  'LEFT JOIN texts n ON n.code = e.hello AND n.code = e.id',
])('a comparison that leaves the key as it is, or keeps its values apart, is taken: %s', async (rest) => {
  await check(rest);
});

it.each([
  'LEFT JOIN numbers n ON n.uid IS NOT DISTINCT FROM e.id',
  'LEFT JOIN numbers n ON n.uid = e.id OR n.uid = e.id + 1',
  'LEFT JOIN numbers n ON n.uid = n.parent',
  'LEFT JOIN numbers n ON n.uid + e.id = 1',
  'LEFT JOIN numbers n ON true LEFT JOIN numbers m ON n.uid = e.id AND m.uid = e.id',
  'LEFT JOIN pairs n ON n.uid = e.id',
])('a join that does not determine the key is refused: %s', async (rest) => {
  await expect(check(rest)).rejects.toThrow(/the join of n can give several rows for one event/);
});

it('takes any comparison with a table that allows its key to repeat', async () => {
  const yaml = PIPELINE.replace('key: [code] }', 'key: [code], allowDuplicateKeys: true }');
  await check('LEFT JOIN texts n ON n.code = e.id', yaml);
});

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

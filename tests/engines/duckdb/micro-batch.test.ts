import { openMicroBatch } from '../../../engines/duckdb/micro-batch';
import type { MicroBatchTransform } from '../../../engines/model/micro-batch';
import { loadPipeline } from '../../../engines/load-pipeline';
import { event, loadExample, pipelineLike, scratchFolder } from '../scratch';

const root = scratchFolder();

const TIME = '"time":"2026-11-21 23:59:59"';

describe('the transform on micro-batches', () => {
  let transform: MicroBatchTransform;

  beforeAll(async () => {
    transform = await openMicroBatch(await loadExample('events'));
  });
  afterAll(() => {
    transform.close();
  });

  const run = (...values: (string | Buffer | null)[]) =>
    transform.run(values.map((value) => (typeof value === 'string' ? Buffer.from(value) : value)));

  it('gives the key as text and the row as JSON in the order of the SQL', async () => {
    expect(await run(event(17))).toEqual({
      messages: [
        {
          key: '17',
          value: '{"time":"2026-11-21 07:00:00","user_id":17,"user_name":"Alan","hello":"ssm-seoul","uid":7}',
        },
      ],
      rejects: [],
    });
  });

  it('keeps the order of the events', async () => {
    const { messages } = await run(...Array.from({ length: 5000 }, (_, id) => event(id)));
    expect(messages.map(({ key }) => Number(key))).toEqual(Array.from({ length: 5000 }, (_, id) => id));
  });

  it.each(['9223372036854775807', '-9223372036854775808', '9007199254740993', '0'])('keeps %s exact', async (id) => {
    const { messages } = await run(event(id));
    expect(messages[0]?.key).toBe(id);
    expect(messages[0]?.value).toContain(`"user_id":${id},`);
  });

  it.each([
    ['escapes', '"a\\"b\\\\c\\u0041\\n\\u0000"', '"a\\"b\\\\cA\\n\\u0000"'],
    ['Unicode', '"서울 😀 é"', '"서울 😀 é"'],
    ['an empty string', '""', '""'],
    ['null', 'null', 'null'],
  ])('carries %s through', async (_, given, expected) => {
    const { messages } = await run(`{"hello":${given},"id":1,${TIME}}`);
    expect(messages[0]?.value).toContain(`"hello":${expected},`);
  });

  it('takes a missing field for null and ignores undeclared ones', async () => {
    const { messages, rejects } = await run(`{"id":3,"extra":{"deep":[1,"}"]},"_at":"x",${TIME}}`);
    expect(rejects).toEqual([]);
    expect(messages[0]?.value).toContain('"hello":null');
  });

  it('gives null for what the join does not find, and for the key of such a column', async () => {
    const { messages } = await run(event(-5));
    expect(messages[0]?.value).toContain('"user_name":null');
  });

  it.each<[string, string | Buffer | null, string]>([
    ['a tombstone', null, 'a tombstone, not a record'],
    ['nothing', '', 'an empty record'],
    ['blanks', ' \t\r', 'an empty record'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'not valid UTF-8'],
    ['a record over two lines', `{"id":1,\n${TIME}}`, 'more than one line'],
    ['a half-written record', '{"hello":"ssm-se', 'not JSON'],
    ['single quotes', `{'id':1,${TIME}}`, 'not JSON'],
    ['trailing text', `{"id":1,${TIME}} x`, 'not JSON'],
    ['two objects', `{"id":1,${TIME}}{}`, 'not JSON'],
    ['a trailing comma', `{"id":1,${TIME},}`, 'not JSON'],
    ['a trailing comma deep within', `{"x":[{"y":[1, ]}],"id":1,${TIME}}`, 'not JSON'],
    ['NaN', `{"x":NaN,"id":1,${TIME}}`, 'not JSON'],
    ['-Infinity', `{"x":-Infinity,"id":1,${TIME}}`, 'not JSON'],
    ['a comment', `/**/{"id":1,${TIME}}`, 'not JSON'],
    ['a raw tab in a string', `{"hello":"a\tb","id":1,${TIME}}`, 'not JSON'],
    ['half of a surrogate pair', `{"hello":"\\ud83d","id":1,${TIME}}`, 'not JSON'],
    ['a leading zero', `{"id":01,${TIME}}`, 'not JSON'],
    ['NUL bytes', '\0\0\0', 'not JSON'],
    ['a byte order mark behind a blank', ` \ufeff{"id":1,${TIME}}`, 'not JSON'],
    ['line feeds', '\n\r\n\ufeff\n', 'an empty record'],
    ['two records', `${event(1)}\n${event(2)}\n`, 'more than one line'],
    [
      'control characters in a time',
      event(1, 'a\\n\\u0000\\r'),
      'time is a\\n\\u0000\\r, not yyyy-MM-dd HH:mm:ss of the years 1900 to 2099',
    ],
    ['an array', `[{"id":1,${TIME}}]`, 'not a JSON object'],
    ['a string', '"x"', 'not a JSON object'],
    ['a key twice', `{"id":1,"id":1,${TIME}}`, 'a key occurs twice in the object'],
    ['a key twice, once escaped', `{"id":1,"\\u0069d":2,${TIME}}`, 'a key occurs twice in the object'],
    ['a fraction', `{"id":1.5,${TIME}}`, 'id is 1.5, not an integer of 64 bits'],
    ['a fraction of zero', `{"id":5.0,${TIME}}`, 'id is 5.0, not an integer of 64 bits'],
    ['an exponent', `{"id":1e3,${TIME}}`, 'id is 1000.0, not an integer of 64 bits'],
    ['a number in quotes', `{"id":"5",${TIME}}`, 'id is "5", not an integer of 64 bits'],
    ['true for a number', `{"id":true,${TIME}}`, 'id is true, not an integer of 64 bits'],
    ['2^63', `{"id":9223372036854775808,${TIME}}`, 'id is 9223372036854775808, not an integer of 64 bits'],
    ['2^64', `{"id":18446744073709551616,${TIME}}`, 'id is 18446744073709551616, not an integer of 64 bits'],
    ['a number for a string', `{"hello":7,"id":1,${TIME}}`, 'hello is 7, not a string'],
    ['an object for a string', `{"hello":{"a":1},"id":1,${TIME}}`, 'hello is {"a":1}, not a string'],
    ['no time', '{"id":1}', 'time is missing'],
    ['a time of null', '{"id":1,"time":null}', 'time is missing'],
    ['a number for the time', '{"id":1,"time":1}', 'time is 1, not a string'],
    ...[
      '2026-02-29 00:00:00',
      '2026-11-21 24:00:00',
      '2026-11-21 23:59:60',
      '2026-11-21T23:59:59',
      '2026-11-21 7:00:00',
      '2026-11-21 07:00:00 ',
      '226-11-21 07:00:00',
      '9999-11-21 07:00:00',
      '',
      '2026-11-21',
    ].map((time): [string, string, string] => [
      `the time '${time}'`,
      event(1, time),
      `time is ${time}, not yyyy-MM-dd HH:mm:ss of the years 1900 to 2099`,
    ]),
    [
      'a time that clocks skipped',
      event(1, '1987-05-10 02:30:00'),
      'time is 1987-05-10 02:30:00, not a time that exists in Asia/Seoul',
    ],
  ])('rejects %s', async (_, record, reason) => {
    const { messages, rejects } = await run(event(1), record, event(2));
    expect(rejects).toEqual([{ index: 1, reason }]);
    expect(messages.map(({ key }) => key)).toEqual(['1', '2']);
  });

  it.each(['nan,}', 'inf', ', ]', "it's"])('takes %s within a string for text', async (hello) => {
    expect((await run(`{"x":"\\"","hello":"${hello}","id":1,${TIME}}`)).rejects).toEqual([]);
  });

  it.each([
    ['a line feed', '', '\n'],
    ['CRLF', '', '\r\n'],
    ['line feeds', '\n\r\n \n', '\n\n\t\n'],
    ['blanks', ' \t\r', ' \t\r'],
    ['a byte order mark', '\ufeff', ''],
    ['byte order marks', '\ufeff\ufeff \n\ufeff\ufeff', '\n\ufeff'],
  ])('takes %s around a record for framing', async (_, before, behind) => {
    for (const batch of [[event(1)], [event(1), event(2)], ['', event(1)], ['x', event(1)]]) {
      const { messages, rejects } = await run(...batch.map((value) => `${before}${value}${behind}`));
      const plain = await run(...batch);
      expect({ messages, rejects }).toEqual(plain);
      expect(messages).not.toHaveLength(0);
    }
  });

  it('gives rejects of every kind by their position in the batch', async () => {
    const { rejects } = await run(null, 'x', event(1), Buffer.from([0xff]), '', `${event(2)}\n${event(3)}`);
    expect(rejects.map(({ index }) => index)).toEqual([0, 1, 3, 4, 5]);
  });

  it('gives the same rows alone and beside a record that is written otherwise', async () => {
    const values = [event(1), event('999999999999999999'), event('100000000000000000'), event(0)];
    const alone = await run(...values);
    const { messages } = await run(...values, `{ "id":8, ${TIME} }`);
    expect(alone.messages).toEqual(messages.slice(0, values.length));
    expect(alone.messages).toHaveLength(values.length);
  });

  it('takes no records at all', async () => {
    expect(await run()).toEqual({ messages: [], rejects: [] });
    expect((await run(null)).messages).toEqual([]);
  });
});

it('a record is bad for its own fault, also where the SQL fails on a row of a table whatever the events are', async () => {
  const folder = await pipelineLike('events', root, {
    'transform.sql': (sql) => `${sql.replace(/;?\s*$/, '')} AND n.name::BIGINT > 0`,
  });
  const transform = await openMicroBatch(await loadPipeline(folder));
  try {
    const { rejects } = await transform.run([Buffer.from(event('"x"'))]);
    expect(rejects).toEqual([{ index: 0, reason: 'id is "x", not an integer of 64 bits' }]);
    await expect(transform.run([Buffer.from(event(1))])).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  } finally {
    transform.close();
  }
});

import { openEventTimes } from '../../../engines/rule/event-times';
import { loadPipeline } from '../../../engines/load-pipeline';
import type { Pipeline } from '../../../domain/pipeline';

async function timesOf(change: Partial<Pipeline['events']>, values: readonly (string | Buffer | null)[]) {
  const { pipeline } = await loadPipeline('pipelines/events');
  const events = { ...pipeline.events, ...change };
  const times = await openEventTimes({ ...pipeline, timeZone: 'Asia/Seoul', events });
  try {
    const read = await times.of(values.map((value) => (typeof value === 'string' ? Buffer.from(value) : value)));
    return read.map((time) => time?.toISOString());
  } finally {
    times.close();
  }
}

it('reads the time of records that are bad otherwise, in the zone of the pipeline', async () => {
  const values = [
    '{"hello":1,"id":"none","time":"2026-11-21 00:00:00"}',
    '{\n "time": "2026-11-20 23:59:59"\n}\n',
    '{"time":"2026-11-20 23:59:59"}\r\n',
  ];
  expect(await timesOf({}, values)).toEqual([
    '2026-11-20T15:00:00.000Z',
    '2026-11-20T14:59:59.000Z',
    '2026-11-20T14:59:59.000Z',
  ]);
});

it('reads a time in an object, as text or number alike where the column is lenient', async () => {
  const time = { type: 'BIGINT', path: '$.meta["@at"]', lenient: true } as const;
  const change = { columns: { at: time }, time: { column: 'at', format: 'epoch-seconds' } } as const;
  const values = [
    '{"meta":{"@at":"1795219200"}}',
    '{"meta":{"@at":1795219200.5}}',
    '{"meta":[1795219200]}',
    '{"@at":1}',
  ];
  const at = '2026-11-21T00:00:00.000Z';
  expect(await timesOf(change, values)).toEqual([at, at, undefined, undefined]);
});

it('knows none where there is none, each in its place', async () => {
  const values = [
    null,
    '',
    'no JSON',
    '{"time":"2026-02-30 00:00:00"}',
    '{"time":20261121}',
    '{"id":1}',
    '["2026-11-21 00:00:00"]',
    Buffer.from([0xff, 0x00]),
    '{"time":"2026-11-21 09:00:00"}',
  ];
  const none = Array.from({ length: values.length - 1 }, () => undefined);
  expect(await timesOf({}, values)).toEqual([...none, '2026-11-21T00:00:00.000Z']);
  expect(await timesOf({}, [])).toEqual([]);
});

it.each([
  ['iso', 'VARCHAR', '"2026-11-21T09:00:00.250+09:00"', '2026-11-21T00:00:00.250Z'],
  ['iso', 'VARCHAR', '"2026-11-21T09:00:00+0900"', '2026-11-21T00:00:00.000Z'],
  ['iso', 'VARCHAR', '"2026-11-20T20:30:00.123456789-0330"', '2026-11-21T00:00:00.123Z'],
  ['epoch-seconds', 'BIGINT', '1795219200', '2026-11-21T00:00:00.000Z'],
  ['epoch-seconds', 'BIGINT', '1795219200.999', '2026-11-21T00:00:00.000Z'],
  ['epoch-seconds', 'BIGINT', '-0.001', '1969-12-31T23:59:59.000Z'],
  ['epoch-seconds', 'DOUBLE', '1795219200', '2026-11-21T00:00:00.000Z'],
  ['epoch-seconds', 'DOUBLE', '1.795219200123456E9', '2026-11-21T00:00:00.123Z'],
  // As a double a little less than 123 milliseconds.
  ['epoch-seconds', 'DOUBLE', '1774710600.123', '2026-03-28T15:10:00.123Z'],
  ['epoch-seconds', 'DOUBLE', '1774710600.123999', '2026-03-28T15:10:00.123Z'],
  ['epoch-seconds', 'DOUBLE', '-0.000001', '1969-12-31T23:59:59.999Z'],
  ['epoch-seconds', 'DOUBLE', '4102444799.999999', '2099-12-31T23:59:59.999Z'],
  ['epoch-milliseconds', 'BIGINT', '1795219200123', '2026-11-21T00:00:00.123Z'],
  ['epoch-microseconds', 'BIGINT', '1795219200123999', '2026-11-21T00:00:00.123Z'],
  ['epoch-microseconds', 'BIGINT', '-4102444800001', '1969-11-14T12:25:55.199Z'],
  ['epoch-nanoseconds', 'BIGINT', '1795219200123999999', '2026-11-21T00:00:00.123Z'],
  ['epoch-nanoseconds', 'BIGINT', '-2208988800000000000', '1900-01-01T00:00:00.000Z'],
  ['epoch-nanoseconds', 'BIGINT', '4102444799999999999', '2099-12-31T23:59:59.999Z'],
  ['local', 'VARCHAR', '"2026-11-21 09:00:00"', '2026-11-21T00:00:00.000Z'],
  ['local', 'VARCHAR', '"2026-11-21T09:00:00.5"', '2026-11-21T00:00:00.500Z'],
  ['local', 'VARCHAR', '"1969-12-31 09:00:00.123999999"', '1969-12-31T00:00:00.123Z'],
  ["yyyy-MM-dd'T'HH:mm:ss", 'VARCHAR', '"2026-11-21T09:00:00"', '2026-11-21T00:00:00.000Z'],
  ['yyyy-MM-dd HH:mm:ss.SSS', 'VARCHAR', '"2026-11-21 09:00:00.007"', '2026-11-21T00:00:00.007Z'],
] as const)('reads times written as %s', async (format, type, time, instant) => {
  const columns = { time: type };
  expect(await timesOf({ columns, time: { column: 'time', format } }, [`{"time":${time}}`])).toEqual([instant]);
});

it.each([
  ['epoch-milliseconds', 'BIGINT', '1795219200'],
  ['epoch-milliseconds', 'BIGINT', '1795219200123456'],
  ['epoch-seconds', 'BIGINT', '1795219200123'],
  ['epoch-seconds', 'BIGINT', '1795219200123.5'],
  ['epoch-seconds', 'DOUBLE', '1795219200123'],
  ['epoch-seconds', 'DOUBLE', '4102444800'],
  ['epoch-seconds', 'DOUBLE', '1e300'],
  ['epoch-microseconds', 'BIGINT', '1795219200'],
  ['epoch-microseconds', 'BIGINT', '1795219200123'],
  ['epoch-microseconds', 'BIGINT', '1795219200123456789'],
  ['epoch-nanoseconds', 'BIGINT', '1795219200123456'],
  ['epoch-nanoseconds', 'BIGINT', '9223372036854775807'],
] as const)('knows none of %s as %s in a number of another unit: %s', async (format, type, number) => {
  const change = { columns: { time: type }, time: { column: 'time', format } } as const;
  expect(await timesOf(change, [`{"time":${number}}`])).toEqual([undefined]);
});

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
  ['epoch-milliseconds', 'BIGINT', '1795219200123', '2026-11-21T00:00:00.123Z'],
  ["yyyy-MM-dd'T'HH:mm:ss", 'VARCHAR', '"2026-11-21T09:00:00"', '2026-11-21T00:00:00.000Z'],
  ['yyyy-MM-dd HH:mm:ss.SSS', 'VARCHAR', '"2026-11-21 09:00:00.007"', '2026-11-21T00:00:00.007Z'],
] as const)('reads times written as %s', async (format, type, time, instant) => {
  const columns = { time: type };
  expect(await timesOf({ columns, time: { column: 'time', format } }, [`{"time":${time}}`])).toEqual([instant]);
});

it.each([
  ['epoch-milliseconds', '1795219200'],
  ['epoch-milliseconds', '1795219200123456'],
  ['epoch-seconds', '1795219200123'],
] as const)('knows none of %s in a number of another unit: %s', async (format, number) => {
  const change = { columns: { time: 'BIGINT' }, time: { column: 'time', format } } as const;
  expect(await timesOf(change, [`{"time":${number}}`])).toEqual([undefined]);
});

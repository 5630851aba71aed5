import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDruidClient } from '../../../clients/druid';
import { parseBusinessDate, dayInterval } from '../../../domain/business-date';
import { unlessRefused, type Target } from '../target';

const STATUSES = [200, 200, 200, 202, 204, 302, 400, 404, 500, 503];
const INTERVAL = dayInterval(parseBusinessDate('2026-11-21'), 'UTC');
const SEGMENT =
  '[{"segment_id":"s","start":"2026-11-21T00:00:00.000Z","end":"2026-11-22T00:00:00.000Z","version":"v","num_rows":1,' +
  '"is_published":1,"is_available":1,"is_realtime":0,"is_overshadowed":0,"shard_spec":"{\\"type\\":\\"numbered\\",\\"partitionNum\\":0,\\"partitions\\":1}"}]';
const STATUS =
  '{"task":"t","status":{"id":"t","status":"SUCCESS","errorMsg":null,"dataSource":"d","location":{"host":null}}}';
const SUPERVISOR =
  '{"id":"d","payload":{"detailedState":"RUNNING","healthy":true,"suspended":false,"activeTasks":[],"latestOffsets":{"0":1}}}';

const OTHERS = [
  '{"compactionConfigs":[{"dataSource":"d","taskPriority":25,"granularitySpec":{"segmentGranularity":"DAY","rollup":false}}]}',
  '{"0":{"t":{"totals":{"buildSegments":{"processed":1,"processedWithError":0,"thrownAway":0,"unparseable":0}}}}}',
  '[{"id":"t","type":"index_parallel","dataSource":"d","groupId":"t","createdTime":"2026-11-21T00:00:00.000Z","statusCode":"SUCCESS"}]',
  '{"datasourceToLocks":{"d":[{"interval":"2026-11-21/2026-11-22","groupId":"t","version":"v","priority":50}]}}',
  '[{"currCapacityUsed":1,"worker":{"capacity":2}}]',
  '{"ingestionStatsAndErrors":{"payload":{"ingestionState":"COMPLETED","rowStats":{"totals":{"buildSegments":{"processed":1}}}}}}',
  '[{"id":"s","columns":{"__time":{"typeSignature":"LONG","hasMultipleValues":false}}}]',
];

/** What Druid answers over HTTP. The first byte says what was asked, the second one the status, the rest is the body. */
export async function open(): Promise<Target> {
  let [status, body]: [number, Buffer] = [200, Buffer.alloc(0)];
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, {
      'content-type': 'application/json',
      location: body.toString('latin1').replace(/[^!-~]/g, ''),
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // It listens on a port.
  const url = `http://127.0.0.1:${port}`;
  const { queries, tasks, supervisors, compaction } = createDruidClient({ coordinatorUrl: url, brokerUrl: url });
  const questions = [
    () => queries.segments('d', INTERVAL),
    () => queries.hasDatasource('d'),
    () => tasks.status('t'),
    () => tasks.report('t'),
    () => tasks.slots(),
    () => supervisors.status('d'),
    () => supervisors.totals('d'),
    () => supervisors.find('d'),
    () => supervisors.reachedTasks('d'),
    () => tasks.activeLocks('d'),
    () => tasks.over('d', new Date(0)),
    () => compaction.of('d'),
    () => queries.segmentColumns('d', INTERVAL),
  ];
  return {
    seeds: [SEGMENT, STATUS, SUPERVISOR, ...OTHERS, '[]', '{}', 'null', '', '<html>'].flatMap((text) =>
      questions.map((_, question) => Buffer.concat([Buffer.from([question, 0]), Buffer.from(text)])),
    ),
    words: [
      ...([SEGMENT, STATUS, SUPERVISOR, ...OTHERS].join('').match(/"[^"\\]*"/g) ?? []),
      '1e999',
      '-1',
      'null',
      '{}',
      '[]',
      ',',
      ':',
      'http://[',
      '{"a":',
    ],
    async read(input) {
      const [question = 0, kind = 0] = input;
      [status, body] = [STATUSES[kind % STATUSES.length] ?? 200, input.subarray(2)];
      await unlessRefused(['DRUID_REFUSED', 'DRUID_UNREACHABLE'], async () => {
        await questions[question % questions.length]?.();
      });
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { locationOf, openStorage } from '../../../clients/storage';
import { pipelineSchema } from '../../../domain/pipeline';
import { runDayBuild } from '../../../engines/build-day';
import { DAY, event, lines, loadExample, scratchFolder } from '../../engines/scratch';
import { expectSameDay } from '../batch/same-day';
import { tasksWithoutSpark, type LocalTasks } from '../batch/without-spark';
import { faultyProxy, type FaultyProxy } from '../support/faulty-proxy';
import { KINDS, usePlace } from './places';

const many = (hour: string, count: number): string[] =>
  Array.from({ length: count }, (_, id) => event(id, `2026-11-21 ${hour}:00:00`));

/** One of them is larger than what one task reads, one is cut, and the name of one needs an escape. */
const FILES: Readonly<Record<string, Buffer>> = {
  'dt=2026-11-20/hour=23/a.json': Buffer.from(lines(event(91, '2026-11-21 00:00:00'))),
  'dt=2026-11-21/hour=07/a b+%41.json': Buffer.from(lines(event(1), event(2), event(1), 'no record')),
  'dt=2026-11-21/hour=09/a.json': Buffer.from(many('09', 1_300_000).join('\n')),
  'dt=2026-11-21/hour=11/a.json.gz': gzipSync(lines(...many('11', 20_000))),
  'dt=2026-11-21/hour=12/a.json.gz': gzipSync(lines(...many('12', 20_000))).subarray(0, -1_000),
};

describe.each(Object.entries(KINDS))("Spark's tasks on %s", (_, { server: name, location: newLocation, isRead }) => {
  const root = scratchFolder();
  const server = usePlace(name);
  let proxy: FaultyProxy;
  let tasks: LocalTasks;
  beforeAll(async () => {
    proxy = await faultyProxy(server.url);
    process.env['AWS_ENDPOINT_URL_S3'] = proxy.url;
    tasks = await tasksWithoutSpark(join(root, 'tasks'));
  });
  afterAll(async () => {
    await tasks.stop();
    await proxy.close();
  });

  it('read the files themselves, with the rows of the engine duckdb', async () => {
    const location = newLocation(proxy.url);
    const storage = await openStorage(locationOf(location));
    for (const [key, content] of Object.entries(FILES)) await storage.write(key, content);
    storage.close();
    const example = await loadExample('events');
    const files = { location, pattern: 'dt=%Y-%m-%d/hour=%H/*.json' };
    const loaded = { ...example, pipeline: pipelineSchema.parse({ ...example.pipeline, files }) };
    const places = [join(root, randomUUID()), join(root, randomUUID())] as const;
    const day = { date: DAY, input: location };
    const expected = await runDayBuild(loaded, { ...day, output: places[1], engine: 'duckdb' });
    const before = proxy.seen.length;
    const findSpark = () => Promise.resolve(tasks.program);
    const built = await runDayBuild(loaded, { ...day, output: places[0], engine: 'spark', findSpark });
    await expectSameDay(built, expected, places);
    expect(built.truncatedFiles).toEqual(['dt=2026-11-21/hour=12/a.json.gz']);
    // Tasks read parts of it, and nobody makes a copy.
    const large = proxy.seen.slice(before).filter((seen) => isRead(seen) && /hour(?:=|%3D)09/i.test(seen));
    expect(large.length).toBeGreaterThan(2);
  });
});

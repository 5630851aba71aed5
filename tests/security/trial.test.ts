import { loadPipeline } from '../../engines/load-pipeline';
import { pipelineLike, scratchFolder } from '../engines/scratch';

const root = scratchFolder();
const REST =
  'e.time, e.id AS user_id, e.hello AS user_name, e.hello, e.id AS uid FROM events e LEFT JOIN names n ON n.uid = e.id';
const check = async (expressions: string) =>
  loadPipeline(await pipelineLike('events', root, { 'transform.sql': `SELECT ${expressions}, ${REST}` }));

const doubled = Array.from({ length: 34 }, (_, index) => `x${index} || x${index} AS x${index + 1}`).join(', ');

it.each([
  ['a text that columns double', `'a' AS x0, ${doubled}`],
  ['nested lists', 'len(list_transform(range(10000), x -> list_transform(range(10000), y -> [x, y]))) AS x'],
  [
    'nested lists of an event',
    'len(list_transform(range(10000), x -> list_transform(range(10000), y -> [x, y, e.id]))) AS x',
  ],
  [
    'many copies of a text',
    "len(list_transform(range(10000), x -> list_transform(range(1000), y -> repeat('a', 256)))) AS x",
  ],
  ['a pattern of many wildcards', `'${'a'.repeat(60)}' ILIKE '${'%a'.repeat(25)}b' AS x`],
  [
    'an argument that is computed as it is bound',
    `round(1.5, len(list_transform(range(10000), x -> list_transform(range(10000), y -> [x, y])))::INTEGER) AS x`,
  ],
])(
  '%s, which takes memory or time without bound, is refused, and the worker takes none of it',
  async (_, expressions) => {
    const [{ rss }, cpu] = [process.memoryUsage(), process.cpuUsage()];
    await expect(check(expressions)).rejects.toMatchObject({
      code: 'BAD_TRANSFORM',
      what: expect.stringMatching(/need more than (5 s of processor time|1024 MiB of memory)$/) as string,
    });
    expect(process.memoryUsage().rss - rss).toBeLessThan(200 * 1024 ** 2);
    const { user, system } = process.cpuUsage(cpu);
    expect((user + system) / 1e6).toBeLessThan(5);
  },
);

it('tries once what passes, and says of the others what the check says', async () => {
  const sql = 'list_sum(list_transform(range(10), x -> x + e.id))::BIGINT AS x';
  await expect(check(sql)).resolves.toMatchObject({ pipeline: { name: 'events' } });
  await expect(check('e.hello || nothing AS x')).rejects.toMatchObject({
    code: 'BAD_TRANSFORM',
    what: expect.stringContaining('"nothing" not found') as string,
  });
});

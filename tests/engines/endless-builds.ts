// node --import tsx tests/engines/endless-builds.ts <input> <output>: changes the files of a day and builds it, again and
// again, until it is killed.
import { locationOf, openStorage } from '../../clients/storage';
import { parseBusinessDate } from '../../domain/business-date';
import { runDayBuild } from '../../engines/build-day';
import { loadPipeline } from '../../engines/load-pipeline';

const [, , input = '', output = ''] = process.argv;
const date = parseBusinessDate('2026-11-21');
const record = (id: number, hour: string): string =>
  `${JSON.stringify({ hello: 'x', id, time: `${date} ${hour}:00:00` })}\n`;

async function main(): Promise<never> {
  const pipeline = await loadPipeline('pipelines/events');
  const storage = await openStorage(locationOf(input));
  process.stdout.write('ready');
  for (let round = 0; ; round += 1) {
    for (const hour of ['07', '08', '09']) {
      const text = Array.from({ length: 50 }, (_, id) => record(id + 1000 * (round % 3), hour)).join('');
      await storage.write(`names.20261121.${hour}.json`, Buffer.from(text));
    }
    await runDayBuild(pipeline, { date, input, output, engine: 'duckdb' });
    process.stdout.write('built');
  }
}

void main();

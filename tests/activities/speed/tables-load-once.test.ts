import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { LivePipeline } from '../../../activities/speed/live-pipeline';
import type * as StaticTables from '../../../engines/tables/static-tables';
import { loadStaticTables } from '../../../engines/tables/static-tables';
import { scratchFolder } from '../../engines/scratch';

// The real function, with its calls counted.
jest.mock('../../../engines/tables/static-tables', () => {
  const actual = jest.requireActual<typeof StaticTables>('../../../engines/tables/static-tables');
  return { ...actual, loadStaticTables: jest.fn(actual.loadStaticTables) };
});

const root = scratchFolder();
const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined };

it('loads the tables of a shard once: the database in which they were checked is the one that joins them', async () => {
  const folders = { pipelines: join(root, 'pipelines'), data: join(root, 'data'), logger };
  await cp('pipelines/events', join(folders.pipelines, 'events'), { recursive: true });
  const live = await LivePipeline.open(folders, 'events');
  const { messages } = await live.run([Buffer.from('{"hello":"h","id":2,"time":"2026-11-21 12:00:00"}')]);
  await live.close();
  expect(JSON.parse(messages[0]?.value ?? 'null')).toMatchObject({ user_name: 'Grace' });
  expect(loadStaticTables).toHaveBeenCalledTimes(1);
});

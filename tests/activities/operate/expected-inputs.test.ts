import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expectedInputs } from '../../../activities/operate/select-days';
import { shiftDate } from '../../../domain/business-date';
import { DAY, event, lines, pipelineLike, scratchFolder, writeFiles } from '../../engines/scratch';

const root = scratchFolder();
const [pipelines, data] = [join(root, 'pipelines'), join(root, 'data')];
const input = join(data, 'events', 'input');
const [settled, unsettled, without] = [DAY, shiftDate(DAY, -1), shiftDate(DAY, -2)];

it('says of each day whether its files have settled, and from when on they will have', async () => {
  await pipelineLike('events', pipelines, {
    'pipeline.yaml': (text) => text.replace('settleSeconds: 10', 'settleSeconds: 3600'),
  });
  const names = { [settled]: 'names.20261121.07.json', [unsettled]: 'names.20261120.07.json' };
  await writeFiles(input, Object.fromEntries(Object.values(names).map((name) => [name, lines(event(1))])));
  const changed = new Date(Math.floor(Date.now() / 1_000) * 1_000);
  await utimes(join(input, names[unsettled] ?? ''), changed, changed);
  await utimes(join(input, names[settled] ?? ''), changed, new Date(changed.getTime() - 3_600_000));

  expect(await expectedInputs({ pipelines, data }, 'events', [without, unsettled, settled])).toEqual([
    { date: without, input: 'none' },
    { date: unsettled, input: 'unsettled', settlesAt: new Date(changed.getTime() + 3_600_000).toISOString() },
    { date: settled, input: 'settled' },
  ]);
});

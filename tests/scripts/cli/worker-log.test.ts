import { scratchFolder } from '../../engines/scratch';
import { localTemporal } from './local-temporal';
import { endOf, startDaybreak } from './run-daybreak';

const temporal = localTemporal();
const root = scratchFolder();

it('a worker drains and ends quietly if nobody reads its log', async () => {
  const child = startDaybreak(['worker', '--role', 'batch'], {
    ...temporal.variables,
    DAYBREAK_DATA: root,
    DAYBREAK_WORKER_PORT: '18390',
  });
  child.stdout?.destroy();
  expect(await endOf(child)).toEqual({ code: 141, stdout: '', stderr: '' });
});

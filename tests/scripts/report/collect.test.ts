import { join } from 'node:path';
import { businessDateOf, shiftDate } from '../../../domain/business-date';
import { collectReport } from '../../../scripts/report/collect';
import { readConfig } from '../../../worker/config';
import { event, lines, loadExample, scratchFolder, writeFiles } from '../../engines/scratch';
import { localTemporal } from '../cli/local-temporal';
import { NO_SERVERS } from '../cli/run-daybreak';

const temporal = localTemporal();
const data = scratchFolder();

it('takes a day for missed once its night is over, and only if Temporal says that no run built it', async () => {
  const loaded = await loadExample('events');
  // Yesterday's night ends today, at the end of the day.
  const schedule = { ...loaded.pipeline.schedule, at: '23:59' };
  const settings = { ...loaded.pipeline, schedule };
  const yesterday = shiftDate(businessDateOf(new Date(), settings.timeZone), -1);
  const before = shiftDate(yesterday, -2);
  for (const date of [yesterday, before]) {
    const hour = `names.${date.replaceAll('-', '')}.00.json`;
    await writeFiles(join(data, 'events/input'), { [hour]: lines(event(1, `${date} 00:00:00`)) });
  }
  const report = async (variables: Readonly<Record<string, string>>) => {
    const config = readConfig({ ...NO_SERVERS, ...variables, DAYBREAK_DATA: data });
    const { days } = await collectReport(config, { settings, loaded: { ...loaded, pipeline: settings } }, {});
    return days.filter(({ hasFiles }) => hasFiles).map(({ date, missed }) => [date, missed]);
  };
  expect(await report(temporal.variables)).toEqual([
    [before, true],
    [yesterday, undefined],
  ]);
  expect(await report({})).toEqual([
    [before, undefined],
    [yesterday, undefined],
  ]);
});

import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { businessDateOf, shiftDate } from '../../../domain/business-date';
import { runDayBuild } from '../../../engines/build-day';
import { readCurrent } from '../../../engines/versions/day-output';
import { withOutput } from '../../../engines/versions/open-output';
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

it('knows the files of the other days where a file of one day cannot be read', async () => {
  const own = join(data, 'unreadable');
  const loaded = await loadExample('events');
  const { pipeline: settings } = loaded;
  const last = shiftDate(businessDateOf(new Date(), settings.timeZone), -1);
  const dates = [shiftDate(last, -2), shiftDate(last, -1), last];
  const input = join(own, 'events/input');
  const nameOf = (date: string): string => `names.${date.replaceAll('-', '')}.00.json`;
  for (const date of dates) await writeFiles(input, { [nameOf(date)]: lines(event(1, `${date} 00:00:00`)) });
  await symlink('nowhere', join(input, `names.${last.replaceAll('-', '')}.05.json`));
  const config = readConfig({ ...NO_SERVERS, DAYBREAK_DATA: own });
  const report = await collectReport(config, { settings, loaded }, {});
  expect(report.withoutInput).toBeUndefined();
  expect(report.days.filter(({ hasFiles }) => hasFiles).map(({ date }) => date)).toEqual(dates);
});

it('knows from the output that a day was replaced whose run Temporal has forgotten', async () => {
  const own = join(data, 'forgotten');
  const loaded = await loadExample('events');
  const { pipeline: settings } = loaded;
  const yesterday = shiftDate(businessDateOf(new Date(), settings.timeZone), -1);
  const [whole, broken, built] = [shiftDate(yesterday, -35), shiftDate(yesterday, -34), shiftDate(yesterday, -33)];
  const [input, output] = [join(own, 'events/input'), join(own, 'events/output')];
  for (const date of [whole, broken, built]) {
    await writeFiles(input, { [`names.${date.replaceAll('-', '')}.00.json`]: lines(event(1, `${date} 00:00:00`)) });
    await runDayBuild(loaded, { date, input, output, engine: 'duckdb' });
    if (date === built) continue;
    await withOutput({ location: output }, date, async (day) => {
      const { version } = (await readCurrent(day)) ?? fail(`no build of ${date}`);
      await day.markServed(version, { task: 'a task', isRestored: false });
    });
  }
  await writeFile(join(output, broken, '_manifest.json'), '{');
  const config = readConfig({ ...NO_SERVERS, ...temporal.variables, DAYBREAK_DATA: own });
  const { days } = await collectReport(config, { settings, loaded }, {});
  expect(days.filter(({ verdict }) => verdict === 'replaced').map(({ date }) => date)).toEqual([whole, broken]);
  expect(days.filter(({ hasFiles }) => hasFiles).map(({ date }) => date)).toEqual([built]);
});

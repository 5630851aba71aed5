import { requireSameClocks } from '../../../activities/druid/zone-clocks';
import type { DruidClient } from '../../../clients/druid';
import { dayInterval, parseBusinessDate } from '../../../domain/business-date';
import { DaybreakError } from '../../../domain/errors';
import { shownClocks } from './druid-clocks';

async function required(timeZone: string, date: string, sql: (query: string) => Promise<unknown>): Promise<void> {
  const druid = { queries: { sql } } as unknown as DruidClient; // What is not there is not called.
  await requireSameClocks(druid, { timeZone, interval: dayInterval(parseBusinessDate(date), timeZone) });
}

const druidWith = (zone?: string) => (query: string) => Promise.resolve([shownClocks(query, zone)]);

it.each([
  ['Asia/Seoul', '2026-11-21'],
  ['America/New_York', '2026-03-08'],
  ['America/New_York', '2026-11-01'],
  ['Pacific/Chatham', '2026-09-27'],
  ['America/Santiago', '2026-09-06'],
])('asks once for a day of %s whose clocks are the same in Druid: %s', async (zone, date) => {
  let queries = 0;
  await required(zone, date, (query) => {
    queries += 1;
    return druidWith()(query);
  });
  expect(queries).toBe(1);
});

it.each([
  // What Druid 33 has: Almaty as it was up to 2024, and Asunción with daylight saving.
  ['Asia/Almaty', '2026-11-21', 'Etc/GMT-6', /Asia\/Almaty show 2026-11-20 23:59:59 at .*, but 2026-11-21 00:59:59 in/],
  ['America/Asuncion', '2026-06-21', 'Etc/GMT+4', /America\/Asuncion show .*/],
  // The clocks go forward within the day, at another instant.
  ['America/New_York', '2026-03-08', 'America/Chicago', /America\/New_York show/],
])('refuses a day of %s that is another one in Druid: %s', async (zone, date, inDruid, what) => {
  await expect(required(zone, date, druidWith(inDruid))).rejects.toMatchObject({
    code: 'DRUID_REFUSED',
    what: expect.stringMatching(what) as string,
    remedy: expect.stringMatching(/time-zone data.*Etc\/GMT-5/) as string,
  });
});

it('refuses a day whose clocks change where those of Druid do not', async () => {
  const stands = (query: string): Promise<unknown> =>
    druidWith('Etc/GMT+5')(query.replaceAll('America/New_York', 'Etc/GMT+5'));
  await expect(required('America/New_York', '2026-03-08', stands)).rejects.toMatchObject({
    what: expect.stringContaining(
      'show 2026-03-08 03:00:00 at 2026-03-08T07:00:00.000Z, but 2026-03-08 02:00:00',
    ) as string,
  });
});

it('says that Druid does not know a zone, and passes on any other failure', async () => {
  const failing = (what: string) => () => Promise.reject(new DaybreakError('DRUID_UNREACHABLE', { what, remedy: '' }));
  const unknown = failing("with 500: The datetime zone id 'America/Coyhaique' is not recognised");
  await expect(required('America/Coyhaique', '2026-11-21', unknown)).rejects.toMatchObject({ code: 'DRUID_REFUSED' });
  const away = required('America/Coyhaique', '2026-11-21', failing('no answer'));
  await expect(away).rejects.toMatchObject({ code: 'DRUID_UNREACHABLE' });
});

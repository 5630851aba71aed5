import { join } from 'node:path';
import { asDaybreakError } from '../../../domain/errors';
import { loadPipeline } from '../../../engines/load-pipeline';
import type { LoadedPipeline } from '../../../engines/model/loaded-pipeline';
import { pipelineLike, scratchFolder } from '../scratch';

const root = scratchFolder();

async function pipelineWhere(where: string, atMost: number | string = 0): Promise<LoadedPipeline> {
  const check = JSON.stringify([{ name: 'wrong_one', where, atMost }]);
  return loadPipeline(await pipelineLike('events', root, { 'pipeline.yaml': (text) => `${text}\nchecks: ${check}\n` }));
}

it.each([
  'uid IS NULL',
  "user_id < 0 OR hello = ''",
  'length(hello) > 100 -- too long',
  "regexp_matches(user_name, '^[a-z]+$')",
  'TRY_CAST(hello AS BIGINT) > 1',
  "len(list_filter(string_split(hello, '-'), lambda part: part = '')) > 0",
  "time < '2026-01-01'",
  'true) OR (false',
  '"user_id" BETWEEN 1 AND 2',
])('takes a condition over the columns of a row: %s', async (where) => {
  expect((await pipelineWhere(where)).pipeline.checks).toEqual([{ name: 'wrong_one', where, atMost: 0 }]);
});

it.each([
  ['count(*) > 1', 'the aggregate count_star() is not row-wise'],
  ['uid IS NULL AND sum(uid) > 1', ':1:17: the aggregate sum() is not row-wise'],
  ['uid > (SELECT max(uid) FROM names)', ':1:7: a subquery is not row-wise'],
  ['SELECT true', 'a subquery is not row-wise'],
  ['random() > 0.5', ':1:1: random() is not deterministic'],
  ['time > now()::VARCHAR', 'now() is not deterministic'],
  ['time > current_date::VARCHAR', 'current_date is not deterministic'],
  ['row_number() OVER () > 1', 'WINDOW is not row-wise'],
  ['unnest([true, false])', 'unnest() makes several rows of one'],
  ['length(repeat(hello, user_id)) > 1', 'repeat()'],
  ["repeat('x', 1000000000) = hello", 'repeat() has no bound'],
  ['len(list_transform(range(10000), x -> list_transform(range(10000), y -> [x, y]))) > 1', 'need more than'],
  ['id = 1', 'Referenced column "id" not found'],
  ['e.id = 1', 'e.id: write the column of the row alone'],
  ['uid IS NULL AND\n  nothing = 1', /wrong_one:2: .*Referenced column "nothing" not found/],
  ['uid', 'is a BIGINT, which is neither true nor false'],
  ['NULL', 'which is neither true nor false'],
  ['*', 'name the columns'],
  ['COLUMNS(*) IS NULL', 'name the columns'],
  ['uid = $1', 'there are no parameters here'],
  ['uid IS NULL)', 'syntax error'],
  ['uid IS', 'syntax error'],
  ['uid = 1; uid = 2', 'syntax error'],
  ['true), (false', 'is more than one expression'],
  ['true) FROM names WHERE (true', 'is more than one expression'],
  ['true) ORDER BY (1', 'is more than one expression'],
  ['true) LIMIT (1', 'is more than one expression'],
  ['true); SELECT (false', 'is more than one expression'],
  ['true /*', 'unterminated'],
  ['uid IS NULL\0', 'the character NUL'],
])('refuses %s, naming the check', async (where, reason) => {
  const file = join(root, 'events', 'pipeline.yaml');
  const refused = await pipelineWhere(where).then(() => undefined, asDaybreakError);
  expect(refused?.code).toBe('BAD_PIPELINE');
  expect(refused?.what).toContain(`${file}: where of the check wrong_one`);
  expect(refused?.what).toMatch(reason);
});

it.each([0, 5, '0%', '0.1%', '12.5%', '100%'])('takes the bound %s', async (atMost) => {
  expect((await pipelineWhere('uid IS NULL', atMost)).pipeline.checks[0]?.atMost).toBe(atMost);
});

it.each([-1, 0.5, '1', '0.1 %', '101%', '-1%', 'few'])(
  'refuses the bound %s, naming what is accepted',
  async (atMost) => {
    await expect(pipelineWhere('uid IS NULL', atMost)).rejects.toMatchObject({
      code: 'BAD_PIPELINE',
      what: expect.stringMatching(
        /checks\.0\.atMost.*accepted: a whole number of rows, such as 0, or a share/,
      ) as string,
    });
  },
);

it('refuses two checks of one name', async () => {
  const checks = ['a', 'A'].map((name) => ({ name, where: 'uid IS NULL', atMost: 0 }));
  const folder = await pipelineLike('events', root, {
    'pipeline.yaml': (text) => `${text}\nchecks: ${JSON.stringify(checks)}\n`,
  });
  await expect(loadPipeline(folder)).rejects.toMatchObject({
    what: expect.stringContaining('checks of different names') as string,
  });
});

it('identifies a build by what its checks count, not by what they allow', async () => {
  const settings = async (where: string, atMost: number | string): Promise<string> =>
    (await pipelineWhere(where, atMost)).hashes.settings;
  const first = await settings('uid IS NULL', 0);
  expect(await settings('uid IS NULL', '1%')).toBe(first);
  expect(await settings('uid = 1', 0)).not.toBe(first);
  expect((await loadPipeline('pipelines/events')).hashes.settings).not.toBe(first);
});

import { askDruid } from '../../../bench/torture/watch';
import { listening } from '../../clients/druid/listening';

it.each(['[["2026-11-21 00","mark-twice",1],["2026-11', '[["2026-11-21 00","mark-twice",1],'])(
  'takes a part of an answer for none: %s',
  async (part) => {
    const { url } = await listening((_, response) => response.end(part));
    await expect(askDruid(url, 'SELECT 1')).rejects.toThrow(/JSON/);
  },
);

it('gives the rows of a whole answer', async () => {
  const { url } = await listening((_, response) => response.end('[["2026-11-21 00","mark-twice",1]]\n'));
  expect(await askDruid(url, 'SELECT 1')).toEqual([['2026-11-21 00', 'mark-twice', 1]]);
});

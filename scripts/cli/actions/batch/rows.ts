import { readConfig } from '../../../../worker/config';
import { wrongRows, type WrongRowsQuery } from '../../../operate/wrong-rows';
import { print, progress } from '../../../output/print';

export async function run(query: WrongRowsQuery): Promise<void> {
  const { limit } = query;
  // One more than is printed shows whether there are more.
  const found = await wrongRows(readConfig(), { ...query, limit: limit + 1 });
  found.slice(0, limit).forEach(print);
  if (found.length > limit) progress(`These are the first ${limit} rows. --limit prints more.`);
}

import { readConfig } from '../../../../worker/config';
import { wrongRows, type WrongRowsQuery } from '../../../operate/wrong-rows';
import { print } from '../../../output/print';

export async function run(query: WrongRowsQuery): Promise<void> {
  (await wrongRows(readConfig(), query)).forEach(print);
}

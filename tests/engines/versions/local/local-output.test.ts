import { randomUUID } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { localOutput } from '../../../../engines/versions/local/local-output';
import { DAY, scratchFolder } from '../../scratch';
import { dayOutputSuite } from '../day-output-suite';

const root = scratchFolder();

dayOutputSuite(async () => {
  const folder = join(root, randomUUID());
  await mkdir(folder);
  return localOutput(await realpath(folder), DAY);
});

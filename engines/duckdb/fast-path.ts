// eslint-disable-next-line import-x/no-restricted-paths -- the one import of engines/fast-path
import { kernelFastPath } from '../fast-path/fast-path';
import type { FastPath } from '../model/fast-path';

/** If this is undefined, engines/fast-path is not needed: the validity rule reads all lines. */
export const fastPath: FastPath | undefined = kernelFastPath;

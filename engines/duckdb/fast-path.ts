// eslint-disable-next-line import-x/no-restricted-paths -- the one import of engines/fast-path
import { kernelFastPath } from '../fast-path/fast-path';
import type { FastPath } from '../model/fast-path';

/** Where this is undefined, engines/fast-path is not needed, and everything that it reads is read by the validity rule. */
export const fastPath: FastPath | undefined = kernelFastPath;

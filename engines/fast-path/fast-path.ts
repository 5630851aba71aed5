import type { FastPath } from '../model/fast-path';
import { KernelScanner, memoryOfScan } from './hour-scanner';
import { proveEvents, proveRows } from './line-proof';

/** Works by the layouts of lines: as regular expressions in SQL, and in WebAssembly for the hours of a day. */
export const kernelFastPath: FastPath = {
  proveEvents,
  proveRows,
  hourScanner: (pipeline) => new KernelScanner(pipeline),
  memoryOfScan,
};

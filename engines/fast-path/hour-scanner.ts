import type { Pipeline } from '../../domain/pipeline';
import type { HourScan, HourScanner, ScannedHour } from '../model/fast-path';
import { KernelScan, LINE_BYTES } from './hour-scan';
import { kernelTimeOf } from './hour-times';
import { kernelMemoryFor, kernelSizeFor, LineKernel } from './kernel';

/** See FastPath. */
export function memoryOfScan(pipeline: Pipeline, bytes: number): number {
  return kernelMemoryFor(pipeline, bytes, Math.ceil(bytes / LINE_BYTES));
}

/** Has one kernel, which one hour uses at a time: two kernels of a thread would need twice the memory for no time. */
export class KernelScanner implements HourScanner {
  readonly #pipeline: Pipeline;
  #kernel: LineKernel | undefined;
  #free: Promise<unknown> = Promise.resolve();

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
  }

  use<T>(hour: ScannedHour, work: (scan: HourScan) => Promise<T>): Promise<T | undefined> {
    const time = kernelTimeOf(this.#pipeline, hour);
    const done = this.#free.then(() => {
      const kernel = time && this.#kernelFor(hour.bytes);
      return kernel && work(new KernelScan(kernel, time, hour));
    });
    this.#free = done.catch(() => undefined);
    return done;
  }

  #kernelFor(bytes: number): LineKernel | undefined {
    const size = kernelSizeFor(bytes);
    if (this.#kernel === undefined || this.#kernel.size.text < size.text) {
      this.#kernel = LineKernel.create(this.#pipeline, size);
    }
    return this.#kernel;
  }
}

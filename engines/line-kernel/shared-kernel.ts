import type { Pipeline } from '../../domain/pipeline';
import { KERNEL_SIZES, LineKernel } from './kernel';

/** Bytes of an hour's text up to which the small kernel does. */
const SMALL_HOUR = 1024 * 1024;

/** A build's kernel, which one hour uses at a time: two would want the same thread and twice the memory. */
export class SharedKernel {
  readonly #pipeline: Pipeline;
  #kernel: LineKernel | undefined;
  #free: Promise<unknown> = Promise.resolve();

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
  }

  /** Runs `work` with the kernel for an hour of that many bytes once it is free; undefined where there is no kernel. */
  use<T>(bytes: number, work: (kernel: LineKernel) => Promise<T>): Promise<T | undefined> {
    const done = this.#free.then(() => {
      const kernel = this.#kernelFor(bytes);
      return kernel && work(kernel);
    });
    this.#free = done.catch(() => undefined);
    return done;
  }

  #kernelFor(bytes: number): LineKernel | undefined {
    const size = bytes > SMALL_HOUR ? KERNEL_SIZES.large : KERNEL_SIZES.small;
    if (this.#kernel === undefined || this.#kernel.size.text < size.text) {
      this.#kernel = LineKernel.create(this.#pipeline, size);
    }
    return this.#kernel;
  }
}

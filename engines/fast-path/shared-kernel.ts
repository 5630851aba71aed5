import type { Pipeline } from '../../domain/pipeline';
import { kernelSizeFor, LineKernel } from './kernel';

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
    const size = kernelSizeFor(bytes);
    if (this.#kernel === undefined || this.#kernel.size.text < size.text) {
      this.#kernel = LineKernel.create(this.#pipeline, size);
    }
    return this.#kernel;
  }
}

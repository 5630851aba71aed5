const PAGE = 65_536;
const MOST_PAGES = 65_536;
/** Bytes behind each part, for reads and writes of several bytes at once. */
const SLACK = 64;

/** The memory of a kernel: parts that are reserved once, and what is added behind them. Its numbers have 32 bits. */
export class KernelMemory {
  readonly memory: WebAssembly.Memory;

  /** @param bytes the size of all parts. */
  constructor(bytes: number) {
    this.memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE), maximum: MOST_PAGES });
  }

  get buffer(): ArrayBuffer {
    return this.memory.buffer;
  }

  get(at: number): number {
    return new DataView(this.buffer).getInt32(at, true);
  }

  set(at: number, value: number): void {
    new DataView(this.buffer).setInt32(at, value, true);
  }

  /** Adds zeros behind all memory so far, which keeps its content. Returns where they begin. */
  grow(bytes: number): number {
    return this.memory.grow(Math.ceil(bytes / PAGE)) * PAGE;
  }
}

/** Places parts one behind another. */
export function partsFrom(begin: number): { reserve(bytes: number): number; end(): number } {
  let free = begin;
  return {
    reserve(bytes) {
      const at = free;
      free += Math.ceil((bytes + SLACK) / 16) * 16;
      return at;
    },
    end: () => free,
  };
}

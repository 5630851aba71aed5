import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ListedFile } from '../../input/listed-file';
import type { ProgressCounter } from '../../model/build-plan';
import type { HourToRead, HourToRebuild, HourWorker, ReadHour, WrittenFile } from './hour-worker';
import type { PieceSteps } from './piece-steps';
import type { RepeatedIdentities } from './repeated-identities';
import {
  receivedError,
  type FromThread,
  type PieceCall,
  type ThreadCall,
  type ThreadSetup,
  type ToThread,
} from './thread-messages';

type Counted = Pick<ProgressCounter, 'addRows' | 'addFetched'>;

/** Starts a thread that builds hours. */
export async function startHourThread(setup: ThreadSetup, progress: Counted): Promise<HourWorker> {
  const thread = new HourThread(setup, progress);
  await thread.started;
  return thread;
}

class HourThread implements HourWorker {
  readonly #thread: Worker;
  readonly #ended: Promise<unknown>;
  readonly started: Promise<unknown>;
  /** Why the thread has ended by itself. */
  #failure: Error | undefined;
  /** Settles the call that is under way. */
  #settle: { readonly resolve: (value: unknown) => void; readonly reject: (thrown: unknown) => void } | undefined;

  constructor(setup: ThreadSetup, progress: Counted) {
    // Without options of this process: a loader of TypeScript would take longer to start than the thread's code.
    this.#thread = new Worker(join(__dirname, 'hour-thread.mjs'), { workerData: setup, execArgv: [] });
    this.#ended = new Promise((resolve) => this.#thread.once('exit', resolve));
    this.started = this.#outcome();
    this.#thread.on('message', (message: FromThread) => {
      if (message.kind === 'done') this.#settle?.resolve(message.value);
      else if (message.kind === 'failed') this.#settle?.reject(receivedError(message.thrown));
      else {
        if (message.rows !== 0 || message.bytes !== 0) progress.addRows(message.rows, message.bytes);
        if (message.fetched > 0) progress.addFetched(message.fetched);
      }
    });
    const fail = (failure: Error): void => {
      this.#failure ??= failure;
      this.#settle?.reject(this.#failure);
    };
    this.#thread.on('error', fail);
    this.#thread.on('exit', (code) => {
      fail(new Error(`a thread of the build ended with ${code}`));
    });
  }

  async read(hour: HourToRead): Promise<ReadHour> {
    // The thread's `read` gave it.
    return (await this.#call({ call: 'read', argument: { ...hour, files: hour.files.map(factsOf) } })) as ReadHour;
  }

  async rebuild(hour: HourToRebuild): Promise<WrittenFile> {
    const argument = { ...hour, files: hour.files.map(factsOf) };
    return (await this.#call({ call: 'rebuild', argument })) as WrittenFile;
  }

  async repeated(hours: readonly string[]): Promise<RepeatedIdentities[]> {
    return (await this.#call({ call: 'repeated', argument: hours })) as RepeatedIdentities[];
  }

  readonly pieces: PieceSteps = {
    read: (argument) => this.#step('read', { ...argument, files: argument.files.map(factsOf) }),
    hashFile: (argument) => this.#step('hashFile', argument),
    joinBad: (argument) => this.#step('joinBad', argument),
    hashIdentities: (argument) => this.#step('hashIdentities', argument),
    findShared: (argument) => this.#step('findShared', argument),
    findAlike: (argument) => this.#step('findAlike', argument),
    findRedundant: (argument) => this.#step('findRedundant', argument),
    write: (argument) => this.#step('write', argument),
    join: (argument) => this.#step('join', argument),
  };

  interrupt(): void {
    this.#send({ call: 'interrupt' });
  }

  async close(): Promise<void> {
    this.#send({ call: 'close' });
    await this.#ended;
  }

  async #step<Name extends keyof PieceSteps>(
    step: Name,
    argument: Parameters<PieceSteps[Name]>[0],
  ): Promise<Awaited<ReturnType<PieceSteps[Name]>>> {
    // The thread's step of this name gave it.
    return (await this.#call({ call: 'piece', step, argument } as PieceCall)) as Awaited<ReturnType<PieceSteps[Name]>>;
  }

  #call(call: ThreadCall): Promise<unknown> {
    const outcome = this.#outcome();
    this.#send(call);
    return outcome;
  }

  #outcome(): Promise<unknown> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  #send(message: ToThread): void {
    this.#thread.postMessage(message);
  }
}

/** Functions cannot pass between threads: the thread opens the file itself. */
function factsOf({ fetch: _fetch, stream: _stream, ...facts }: ListedFile): ListedFile {
  return facts;
}

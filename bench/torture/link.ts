import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { once } from 'node:events';

/** In each direction. */
const SLOW_MILLISECONDS = 500;

export type LinkState = 'open' | 'slow' | 'cut';

/** The network between the worker, or a command, and one server on 127.0.0.1: a proxy that can be slow or cut. */
export class Link {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #state: LinkState = 'open';
  /** Resolves when the link is no longer cut. */
  #passes: Promise<void> = Promise.resolve();
  #pass: () => void = () => undefined;

  private constructor(target: number) {
    this.#server = createServer((incoming) => {
      const outgoing = connect(target, '127.0.0.1');
      for (const [from, to] of [
        [incoming, outgoing],
        [outgoing, incoming],
      ] as const) {
        this.#sockets.add(from);
        from.once('error', () => to.destroy());
        from.once('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
        from.pipe(this.#delay()).pipe(to);
      }
    });
  }

  static async open(target: number): Promise<Link> {
    const link = new Link(target);
    link.#server.listen(0, '127.0.0.1');
    await once(link.#server, 'listening');
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** A cut link holds what is sent, as a network without a route does, and passes it on when it is there again. */
  become(state: LinkState): void {
    if (this.#state === 'cut') this.#pass();
    this.#state = state;
    if (state === 'cut') this.#passes = new Promise((resolve) => (this.#pass = resolve));
  }

  close(): void {
    this.become('open');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #delay(): Transform {
    const wait = async (): Promise<void> => {
      if (this.#state === 'slow') await sleep(SLOW_MILLISECONDS);
      await this.#passes;
    };
    return new Transform({
      transform: (chunk: Buffer, _, done) => {
        void wait().then(() => {
          done(null, chunk);
        });
      },
    });
  }
}

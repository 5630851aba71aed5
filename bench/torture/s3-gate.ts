import { faultyProxy, type FaultyProxy } from '../../tests/integration/support/faulty-proxy';
import { Link, type LinkState } from './link';

/** What S3 answers a client that asks too often. */
const SLOW_DOWN = {
  answer: 503,
  headers: { 'content-type': 'application/xml' },
  body: '<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>',
};

/** The way to an S3 on 127.0.0.1: it can be slow, cut, or throttled, which means that S3 answers each request with SlowDown. */
export class S3Gate {
  readonly #link: Link;
  readonly #proxy: FaultyProxy;
  #throttled = false;

  private constructor(link: Link, proxy: FaultyProxy) {
    this.#link = link;
    this.#proxy = proxy;
    proxy.fail(() => this.#throttled, SLOW_DOWN, Infinity);
  }

  static async open(port: number): Promise<S3Gate> {
    const link = await Link.open(port);
    return new S3Gate(link, await faultyProxy(`http://127.0.0.1:${link.port}`));
  }

  get url(): string {
    return this.#proxy.url;
  }

  become(state: LinkState | 'throttled'): void {
    this.#throttled = state === 'throttled';
    this.#link.become(state === 'throttled' ? 'open' : state);
  }

  async close(): Promise<void> {
    this.#link.close();
    await this.#proxy.close();
  }
}

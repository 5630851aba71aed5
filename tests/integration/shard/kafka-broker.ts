import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { artifactsOf } from '../../../scripts/stack/fetch/artifacts';
import { silentProgress } from '../../../scripts/stack/progress';
import { kafka } from '../../../scripts/stack/servers/kafka';
import { type Server, type Stack, stackOf } from '../../../scripts/stack/stack';
import { freePortBase } from '../support/test-stacks';
import { until } from '../support/until';

/** A Kafka of a test's own, so that the test may kill it. */
export class KafkaBroker {
  readonly brokers: readonly string[];
  readonly #server: Server;
  readonly #stack: Stack;
  #process: ChildProcess | undefined;

  private constructor(stack: Stack) {
    this.#stack = stack;
    this.#server = kafka(stack, artifactsOf(silentProgress));
    this.brokers = [`127.0.0.1:${stack.ports.kafka}`];
  }

  static async start(): Promise<KafkaBroker> {
    const directory = await mkdtemp(join(tmpdir(), 'daybreak-kafka-'));
    const broker = new KafkaBroker(stackOf({ portBase: await freePortBase(), directory }));
    await broker.#server.prepare();
    await broker.#launch();
    return broker;
  }

  /** What the broker has written to its log. */
  get log(): string {
    return join(this.#stack.directory, 'log', 'kafka.log');
  }

  /** Kills the broker and starts it again with its data. Resolves when it answers. */
  async restart(signal: NodeJS.Signals): Promise<void> {
    await this.#end(signal);
    await this.#launch();
  }

  async stop(): Promise<void> {
    await this.#end('SIGKILL');
    await rm(this.#stack.directory, { recursive: true, force: true });
  }

  async #launch(): Promise<void> {
    const { command, args, cwd } = await this.#server.launch();
    const child = spawn(command, args, { cwd, stdio: 'ignore' });
    this.#process = child;
    await until('Kafka', () => {
      const ended = child.exitCode ?? child.signalCode;
      if (ended !== null) throw new Error(`Kafka ended with ${ended}: see ${this.log}`);
      return this.#server.check().then(
        () => true,
        () => false,
      );
    });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }
}

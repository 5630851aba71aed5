import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Decoder, Encoder } from '../../../clients/kafka/transport';

const [METADATA, API_VERSIONS, INIT_PRODUCER_ID] = [3, 18, 22];
/** The newest version of each request that the stub knows. The oldest is 0. */
const VERSIONS = { [METADATA]: 1, [API_VERSIONS]: 2, [INIT_PRODUCER_ID]: 0 };
const NODE = 1;

/** Of a topic that a broker knows. An error is the protocol's code. */
export interface StubTopic {
  readonly error?: number;
  /** The error of each partition; 0 if it has a leader. */
  readonly partitions: readonly number[];
}

export interface StubBroker {
  readonly address: string;
  /** By name. May change between two requests. */
  readonly topics: Map<string, StubTopic>;
  /** The names in each request for metadata; undefined if it asks for all topics. */
  readonly asked: (readonly string[] | undefined)[];
  readonly close: () => Promise<void>;
}

const bytesOf = (encoder: Encoder): Buffer => (encoder as unknown as { buffer: Buffer }).buffer;

/** A broker on a real port that knows what it knows, the metadata of topics, and the number of a new producer. */
export async function stubBroker(topics: Readonly<Record<string, StubTopic>>): Promise<StubBroker> {
  const known = new Map(Object.entries(topics));
  const asked: StubBroker['asked'] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    let rest = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const end = 4 + rest.readInt32BE(0);
        const request = new Decoder(rest.subarray(4, end));
        rest = rest.subarray(end);
        const [apiKey] = [request.readInt16(), request.readInt16()];
        const correlationId = request.readInt32();
        request.readString(); // client id
        const answers = { [METADATA]: metadata, [API_VERSIONS]: versions, [INIT_PRODUCER_ID]: producerId };
        const body = bytesOf(answers[apiKey]?.(request) ?? new Encoder());
        socket.write(
          Buffer.concat([bytesOf(new Encoder().writeInt32(4 + body.length).writeInt32(correlationId)), body]),
        );
      }
    });
    socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const { port } = server.address() as AddressInfo; // It listens on a port.

  const versions = (): Encoder =>
    new Encoder()
      .writeInt16(0)
      .writeArray(
        Object.entries(VERSIONS).map(([key, newest]) =>
          new Encoder().writeInt16(Number(key)).writeInt16(0).writeInt16(newest),
        ),
      )
      .writeInt32(0);
  const producerId = (): Encoder => new Encoder().writeInt32(0).writeInt16(0).writeInt64(1).writeInt16(0);
  const metadata = (request: Decoder): Encoder => {
    const count = request.readInt32();
    const names = count < 0 ? undefined : Array.from({ length: count }, () => request.readString() ?? '');
    asked.push(names);
    return new Encoder()
      .writeArray([new Encoder().writeInt32(NODE).writeString('127.0.0.1').writeInt32(port).writeString(null)])
      .writeInt32(NODE)
      .writeArray((names ?? [...known.keys()]).map(topic));
  };
  const topic = (name: string): Encoder => {
    const { error = 0, partitions } = known.get(name) ?? { error: 3, partitions: [] };
    return new Encoder().writeInt16(error).writeString(name).writeBoolean(false).writeArray(partitions.map(partition));
  };
  const partition = (error: number, id: number): Encoder =>
    new Encoder()
      .writeInt16(error)
      .writeInt32(id)
      .writeInt32(error === 0 ? NODE : -1)
      .writeArray([])
      .writeArray([]);

  return {
    address: `127.0.0.1:${port}`,
    topics: known,
    asked,
    close: async () => {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((closed) => server.close(closed));
    },
  };
}

import { KAFKAJS_MODULES, type KafkajsModules } from '../../../clients/kafka/kafkajs-modules';
import type { MetadataRequests } from '../../../clients/kafka/metadata';
import {
  type Broker,
  createErrorFromCode,
  Decoder,
  Encoder,
  KAFKAJS_PARTS,
  loadKafkajs,
  send,
} from '../../../clients/kafka/transport';

type ModuleName = keyof KafkajsModules;

/** kafkajs, unchanged except for one module. */
const modulesWith = (name: ModuleName, exported: unknown): KafkajsModules => ({ ...KAFKAJS_MODULES, [name]: exported });

/** A module in which one method or function is replaced, or missing. */
function withPart(exported: unknown, name: string, part: unknown): unknown {
  const of: unknown = typeof exported === 'function' ? exported.prototype : exported;
  const parts: unknown = Object.create(of as object, { [name]: { value: part } });
  return typeof exported === 'function' ? Object.assign(() => undefined, { prototype: parts }) : parts;
}

const messageOf = (modules: KafkajsModules): string => {
  try {
    loadKafkajs(modules);
  } catch (thrown) {
    return (thrown as Error).message;
  }
  throw new Error('nothing is missing');
};

const NAMES = Object.keys(KAFKAJS_PARTS) as ModuleName[];
const parts = NAMES.flatMap((module) =>
  Object.entries(KAFKAJS_PARTS[module]).map(([name, parameters]) => [name, module, parameters] as const),
);

describe('loadKafkajs', () => {
  it('finds in the installed kafkajs all that is taken from it', () => {
    expect(Object.keys(loadKafkajs(KAFKAJS_MODULES))).toEqual(
      expect.arrayContaining(['Cluster', 'Encoder', 'Decoder', 'createErrorFromCode']),
    );
    expect(parts.length).toBeGreaterThan(30);
  });

  it.each(parts)('names a part that is gone, or that takes other parameters: %s of %s', (name, module, parameters) => {
    const other = Object.defineProperty(() => undefined, 'length', { value: parameters + 1 });
    for (const part of [undefined, 'no function', other]) {
      const modules = modulesWith(module, withPart(KAFKAJS_MODULES[module], name, part));
      expect(messageOf(modules)).toBe(messageFor(`${name} with ${parameters} parameters in ${module}`));
    }
  });

  it('names everything that is gone at once', () => {
    const message = messageOf(NAMES.reduce((modules, name) => ({ ...modules, [name]: undefined }), KAFKAJS_MODULES));
    for (const [name, module] of parts) expect(message).toMatch(new RegExp(`${name} with \\d parameters in ${module}`));
  });
});

const messageFor = (missing: string): string =>
  `MISSING_TOOL: kafkajs lacks what clients/kafka/transport.ts takes from it: ${missing}. ` +
  'Install the version of package-lock.json (npm ci), or adapt that file to the new one.';

describe('what no name and no count of parameters shows', () => {
  it('is that a broker has its connections where send looks for them', () => {
    const KafkajsBroker = KAFKAJS_MODULES['kafkajs/src/broker'] as new (options: object) => Broker;
    const connectionPool = {};
    const broker = new KafkajsBroker({ connectionPool, logger: { namespace: () => undefined } });
    expect(broker.connectionPool).toBe(connectionPool);
  });

  it('is that the decoder reads what the encoder writes, as the protocol has it', async () => {
    const body = new Encoder()
      .writeInt16(-2)
      .writeInt32(-3)
      .writeInt64(2 ** 40)
      .writeString('text')
      .writeString(null)
      .writeBytes(Buffer.from('bytes'))
      .writeArray([new Encoder().writeInt32(7), new Encoder().writeInt32(8)])
      .writeUVarInt(0) // no tagged fields
      .writeUVarIntString('text')
      .writeUVarIntArray([new Encoder().writeInt16(9)])
      .writeInt8(1)
      .writeBoolean(true);
    const bytes = (body as unknown as { buffer: Buffer }).buffer;
    const expected =
      'fffe fffffffd 0000010000000000 0004 74657874 ffff 00000005 6279746573 00000002 00000007 00000008 00 05 74657874 02 0009 01 01';
    expect(bytes.toString('hex')).toBe(expected.replaceAll(' ', ''));
    const echo = { connectionPool: { send: (exchange: Exchange) => exchange.response.decode(bytes) } };
    const read = await send(
      echo as unknown as Broker,
      { apiKey: 0, apiVersion: 0, apiName: 'Echo' },
      body,
      (answer) => [
        answer.readInt16(),
        answer.readInt32(),
        answer.readInt64(),
        answer.readString(),
        answer.readString(),
        answer.readBytes()?.toString(),
        answer.readArray((decoder) => decoder.readInt32()),
        answer.readTaggedFields(),
        answer.readUVarIntString(),
        answer.readUVarIntArray((decoder) => decoder.readInt16()),
      ],
    );
    expect(read).toEqual([-2, -3, 2n ** 40n, 'text', null, 'bytes', [7, 8], null, 'text', [9]]);
    expect(new Decoder(Buffer.from('ffffffff', 'hex')).readBytes()).toBeNull();
  });

  it.each([0, 1, 2, 3, 4, 5, 6])(
    'is that metadata %s tells errors of topics, and leaves those of partitions',
    async (version) => {
      const requests = KAFKAJS_MODULES['kafkajs/src/protocol/requests/metadata'] as MetadataRequests;
      const { response } = requests.protocol({ version })({ topics: ['events'] });
      const partitionMetadata = [{ partitionErrorCode: 5, partitionId: 0, leader: -1 }];
      const decoded = { topicMetadata: [{ topicErrorCode: 0, topic: 'events', partitionMetadata }] };
      await expect(response.parse(decoded)).resolves.toBe(decoded);
      const absent = { topicMetadata: [{ topicErrorCode: 3, topic: 'events', partitionMetadata: [] }] };
      await expect(response.parse(absent)).rejects.toMatchObject({ type: 'UNKNOWN_TOPIC_OR_PARTITION' });
    },
  );

  it.each([
    [-1, 'UNKNOWN', false],
    [1, 'OFFSET_OUT_OF_RANGE', false],
    [5, 'LEADER_NOT_AVAILABLE', true],
    [10, 'MESSAGE_TOO_LARGE', false],
    [18, 'RECORD_LIST_TOO_LARGE', false],
    [47, 'INVALID_PRODUCER_EPOCH', false],
    [48, 'INVALID_TXN_STATE', false],
    [51, 'CONCURRENT_TRANSACTIONS', true],
    [88, 'UNSTABLE_OFFSET_COMMIT', true],
  ])('is that the error code %s is called %s', (code, type, retriable) => {
    expect(createErrorFromCode(code)).toMatchObject({ name: 'KafkaJSProtocolError', type, retriable });
  });
});

type Exchange = Parameters<Broker['connectionPool']['send']>[0];

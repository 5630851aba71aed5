import { createServer, type AddressInfo, type Socket } from 'node:net';
import { openStorage } from '../../../clients/storage';
import type { RetryPolicy } from '../../../clients/storage/retry';
import type { Storage } from '../../../clients/storage/storage';
import { claim, unlessRefused, type Target } from '../target';

/** An answer may ask for the next page again and again. Then the server goes away. */
const MOST_ANSWERS = 20;
const RETRY: RetryPolicy = { attempts: 1, firstPauseMs: 1, longestPauseMs: 1, idleMs: 1_000 };
const CREDENTIALS = { accessKeyId: 'key', secretAccessKey: 'secret' };
const PREFIX = 'day/';
const OFFSET = 3;
const CONTENT = '0123456789';
const VERSION = '"e"';

const QUESTIONS: readonly ((storage: Storage) => Promise<void>)[] = [
  async (storage) => {
    for await (const { key, size, version, modified } of storage.list(PREFIX)) {
      claim(key.startsWith(PREFIX), `${JSON.stringify(key)} is not below the prefix`);
      claim(Number.isSafeInteger(size) && size >= 0, `a size of ${size}`);
      claim(version !== '' && !Number.isNaN(modified.getTime()), 'an object without a version or a time');
    }
  },
  async (storage) => {
    const found = await storage.find(`${PREFIX}a`);
    claim(found === undefined || found.key === `${PREFIX}a`, `another object: ${found?.key ?? ''}`);
  },
  (storage) => readFrom(storage, 0),
  (storage) => readFrom(storage, OFFSET),
  async (storage) => {
    claim((await storage.write(`${PREFIX}a`, Buffer.from('x'))) !== '', 'a write without a version');
  },
  async (storage) => {
    claim((await storage.writeIf(`${PREFIX}a`, Buffer.from('x'), { ifVersion: VERSION })) !== '', 'no version');
  },
  (storage) => storage.remove([`${PREFIX}a`]),
  (storage) => storage.removeUnfinished(PREFIX, new Date(0)),
];

/** Whatever comes is the beginning of the object from there, as far as the answers say what they are. */
async function readFrom(storage: Storage, offset: number): Promise<void> {
  for await (const chunk of storage.read(`${PREFIX}a`, { offset })) claim(chunk.length > 0, 'a part without bytes');
}

/**
 * What S3 and HDFS answer over HTTP, byte for byte. The first byte says which of the two and what was asked. The second one
 * says how often the answer is given before the server goes away.
 */
export async function open(): Promise<Target> {
  let [answer, left]: [Buffer, number] = [Buffer.alloc(0), 0];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => undefined));
    socket.once('data', () => {
      left -= 1;
      if (left < 0) socket.destroy();
      else socket.end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // It listens on a port.
  const url = `http://127.0.0.1:${port}`;
  const storages = await Promise.all([
    openStorage(
      { kind: 's3', bucket: 'bucket', prefix: 'root/' },
      { environment: {}, s3: { endpoint: url, region: 'us-east-1', credentials: CREDENTIALS }, retry: RETRY },
    ),
    openStorage(
      { kind: 'webhdfs', scheme: 'webhdfs', authority: `127.0.0.1:${port}`, path: '/root' },
      { environment: { HADOOP_USER_NAME: 'user' }, retry: RETRY },
    ),
  ]);
  const s3 = [
    response(200, LISTING, ['content-type: application/xml']),
    response(200, UPLOADS, ['content-type: application/xml']),
    response(200, '<DeleteResult><Error><Key>root/day/a</Key><Code>SlowDown</Code></Error></DeleteResult>'),
    response(200, CONTENT, [`etag: ${VERSION}`]),
    response(206, CONTENT.slice(OFFSET), [
      `etag: ${VERSION}`,
      `content-range: bytes ${OFFSET}-${CONTENT.length - 1}/${CONTENT.length}`,
    ]),
    response(503, '<Error><Code>SlowDown</Code><Message>slow down</Message></Error>'),
    response(412, '<Error><Code>PreconditionFailed</Code></Error>'),
    response(404, '<Error><Code>NoSuchKey</Code><Key>root/day/a</Key></Error>'),
  ];
  const webHdfs = [
    response(200, STATUSES),
    response(200, `{"FileStatus":${STATUS}}`),
    response(200, CONTENT),
    response(200, '{"boolean":true}'),
    response(404, '{"RemoteException":{"exception":"FileNotFoundException","message":"no such file"}}'),
    response(307, '', [`location: ${url}/data`]),
    response(200, '<html>'),
  ];
  return {
    seeds: [s3, webHdfs].flatMap((answers, storage) =>
      QUESTIONS.flatMap((_, question) =>
        answers.map((text) =>
          Buffer.concat([Buffer.from([storage * QUESTIONS.length + question, 2]), Buffer.from(text)]),
        ),
      ),
    ),
    words: [
      ...([...s3, ...webHdfs].join('').match(/<[^>]*>|"[^"]*"|[\w-]+: [^\r]*\r\n|HTTP\/1.1 \d+/g) ?? []),
      '\r\n',
      '%',
      '&lt;',
      '&#x0;',
      'transfer-encoding: chunked\r\n',
      '-1',
      '1e999',
      '../',
      'content-encoding: gzip\r\n',
    ],
    async read(input) {
      const [what = 0, times = 0] = input;
      [answer, left] = [leadingTo(url, input.subarray(2)), times % MOST_ANSWERS];
      const storage = storages[Math.floor(what / QUESTIONS.length) % storages.length];
      const question = QUESTIONS[what % QUESTIONS.length];
      await unlessRefused(['STORAGE_FAILED', 'STORAGE_REFUSED', 'STORAGE_CHANGED'], async () => {
        if (storage !== undefined) await question?.(storage);
      });
    },
    close: () =>
      new Promise((resolve) => {
        for (const storage of storages) storage.close();
        server.close(() => {
          resolve();
        });
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** An answer may lead to any address. Only this server is asked. */
function leadingTo(url: string, answer: Buffer): Buffer {
  const text = answer.toString('latin1').replace(/^(location:\s*)(.*?)\r?$/gim, (whole, head: string, to: string) => {
    const isElsewhere = URL.canParse(to, url) && new URL(to, url).host !== new URL(url).host;
    return isElsewhere ? `${head}${url}/data\r` : whole;
  });
  return Buffer.from(text, 'latin1');
}

function response(status: number, body: string, headers: readonly string[] = []): string {
  const lines = [`HTTP/1.1 ${status} X`, 'connection: close', `content-length: ${Buffer.byteLength(body)}`, ...headers];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

const OBJECT =
  '<Contents><Key>root/day/a+b%20c</Key><LastModified>2026-11-21T00:00:00.000Z</LastModified><ETag>"e"</ETag><Size>10</Size></Contents>';
const LISTING = `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken><EncodingType>url</EncodingType>${OBJECT}</ListBucketResult>`;
const UPLOADS =
  '<ListMultipartUploadsResult><IsTruncated>false</IsTruncated><Upload><Key>root/day/a</Key><UploadId>u</UploadId><Initiated>2026-11-21T00:00:00.000Z</Initiated></Upload></ListMultipartUploadsResult>';
const STATUS = '{"pathSuffix":"a","type":"FILE","length":10,"modificationTime":1795219200000,"fileId":7}';
const STATUSES = `{"DirectoryListing":{"partialListing":{"FileStatuses":{"FileStatus":[${STATUS}]}},"remainingEntries":1}}`;

import { locationOf, locationText } from '../../../clients/storage';
import { webHdfsAccess } from '../../../clients/storage/webhdfs/access';

it.each([
  ['s3://logs/events', { kind: 's3', bucket: 'logs', prefix: 'events/' }, 's3://logs/events/'],
  ['s3://logs', { kind: 's3', bucket: 'logs', prefix: '' }, 's3://logs/'],
  ['s3a://logs/a/b//', { kind: 's3', bucket: 'logs', prefix: 'a/b/' }, 's3://logs/a/b/'],
  ['s3://logs/100%/a b', { kind: 's3', bucket: 'logs', prefix: '100%/a b/' }, 's3://logs/100%/a b/'],
  [
    'hdfs://namenode:8020/logs/',
    { kind: 'webhdfs', scheme: 'hdfs', authority: 'namenode:8020', path: '/logs' },
    'hdfs://namenode:8020/logs',
  ],
  ['webhdfs://n:9870', { kind: 'webhdfs', scheme: 'webhdfs', authority: 'n:9870', path: '' }, 'webhdfs://n:9870/'],
  ['swebhdfs://n/x', { kind: 'webhdfs', scheme: 'swebhdfs', authority: 'n', path: '/x' }, 'swebhdfs://n/x'],
  [
    'https://gateway:14000/webhdfs/v1/logs',
    { kind: 'webhdfs', scheme: 'swebhdfs', authority: 'gateway:14000', path: '/logs' },
    'swebhdfs://gateway:14000/logs',
  ],
  ['/var/log/events', { kind: 'local', folder: '/var/log/events' }, '/var/log/events'],
  ['logs/../events', { kind: 'local', folder: '/base/events' }, '/base/events'],
])('%s is a location', (text, location, written) => {
  const found = locationOf(text, '/base');
  expect(found).toEqual(location);
  expect(locationText(found)).toBe(written);
  expect(locationOf(written)).toEqual(location);
});

it.each([
  's3://',
  's3://b/../x',
  's3://b/a//b',
  'hdfs://',
  'hdfs:///logs',
  'hdfs://n/a/./b',
  'gs://b/x',
  'http://host/x',
  'file:///x',
  '',
  ' ',
])("'%s' is none, and says what is", (text) => {
  expect(() => locationOf(text)).toThrow(
    expect.objectContaining({ code: 'BAD_CONFIGURATION', remedy: expect.stringContaining('s3://') as string }) as Error,
  );
});

it.each(['s3://AKIA:the-secret@logs/x', 'https://user:the-secret@host/webhdfs/v1/x'])(
  'a secret in a location is not repeated',
  (text) => {
    expect(() => locationOf(text)).toThrow(/…@/);
    expect(() => locationOf(text)).not.toThrow(/the-secret/);
  },
);

const originsOf = (text: string, environment: NodeJS.ProcessEnv = {}): readonly string[] => {
  const location = locationOf(text);
  if (location.kind !== 'webhdfs') throw new Error(`${text} is of no HDFS`);
  return webHdfsAccess(location, environment).origins;
};

it.each([
  ['hdfs://n/x', ['http://n:9870']],
  ['hdfs://n:8020/x', ['http://n:9870']],
  ['hdfs://n:50070/x', ['http://n:50070']],
  ['webhdfs://n:8020/x', ['http://n:8020']],
  ['webhdfs://n/x', ['http://n:9870']],
  ['swebhdfs://n/x', ['https://n:9871']],
])('%s is asked at %s', (text, origins) => {
  expect(originsOf(text)).toEqual(origins);
});

it('several NameNodes are named by a variable, which holds no password', () => {
  const named = { DAYBREAK_WEBHDFS_URL: 'http://one:9870, https://two:9871/webhdfs/v1' };
  expect(originsOf('hdfs://cluster/x', named)).toEqual(['http://one:9870', 'https://two:9871']);
  const secret = { DAYBREAK_WEBHDFS_URL: 'http://user:the-secret@one:9870' };
  expect(() => originsOf('hdfs://cluster/x', secret)).toThrow(/^BAD_CONFIGURATION(?!.*the-secret)/s);
});

import { startStorageServer, type StorageServer } from '../support/storage-servers';

it.each(['versitygw', 'hdfs'] as const)('%s starts on free ports, answers and stops', async (name) => {
  const server: StorageServer = await startStorageServer(name);
  expect((await fetch(server.url)).status).toBeLessThan(500);
  await server.stop();
  await expect(fetch(server.url)).rejects.toThrow('fetch failed');
});

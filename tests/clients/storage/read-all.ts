import type { Storage, StoredObject } from '../../../clients/storage';

export async function textOf(
  storage: Storage,
  key: string,
  options: Parameters<Storage['read']>[1] = {},
): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of storage.read(key, options)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

export async function listed(storage: Storage, prefix: string, signal?: AbortSignal): Promise<StoredObject[]> {
  const found: StoredObject[] = [];
  for await (const object of storage.list(prefix, { ...(signal && { signal }) })) found.push(object);
  return found;
}

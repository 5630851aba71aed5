import * as z from 'zod';

/** Keys of 32 bytes by their ids. The first one encrypts; all decrypt. */
export type PayloadKeys = ReadonlyMap<string, Buffer>;

/** The format is 'id:base64,id:base64'. */
export const payloadKeys = z.string().transform((text, context): PayloadKeys => {
  const keys = new Map<string, Buffer>();
  for (const part of text.split(',')) {
    const [, id, base64] = /^([\w.-]+):([A-Za-z0-9+/]+={0,2})$/.exec(part.trim()) ?? [];
    const key = Buffer.from(base64 ?? '', 'base64');
    if (id === undefined || key.length !== 32) {
      context.addIssue(`part ${keys.size + 1} is not <id>:<32 bytes in base64>`);
      return z.NEVER;
    }
    if (keys.has(id)) {
      context.addIssue(`part ${keys.size + 1} has the id ${id}, which a part before it has`);
      return z.NEVER;
    }
    keys.set(id, key);
  }
  return keys;
});

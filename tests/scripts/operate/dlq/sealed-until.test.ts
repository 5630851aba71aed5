import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadPipeline } from '../../../../engines/load-pipeline';
import { sealedUntil } from '../../../../scripts/operate/dlq/sealed-until';
import { readConfig } from '../../../../worker/config';

it.each([403, 500])(
  'does not know the seal of a Druid that answers %d: the letters are sent all the same',
  async (status) => {
    const { pipeline } = await loadPipeline('pipelines/events');
    const druid = createServer((_, response) => response.writeHead(status).end('{"error":"forbidden"}'));
    await new Promise<void>((resolve) => druid.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = druid.address() as AddressInfo;
      const config = readConfig({ DRUID_COORDINATOR_URL: `http://127.0.0.1:${port}` });
      expect(await sealedUntil(config, pipeline)).toBeUndefined();
    } finally {
      druid.close();
    }
  },
);

import { createLogger } from '../../scripts/output/log';
import { makeWorkflowBundle } from '../../worker/workflow-bundle';

jest.setTimeout(300_000);

/** As the SDK finds it. */
const SOURCE_MAP = '//# sourceMappingURL=data:application/json;base64,';

it('has a byte for each character, and a source map that names the sources without their texts', async () => {
  const bundle = await makeWorkflowBundle({}, createLogger('error'));
  const at = bundle.lastIndexOf(SOURCE_MAP);
  const sourceMap = JSON.parse(Buffer.from(bundle.slice(at + SOURCE_MAP.length), 'base64').toString()) as object;

  expect(/[\u0080-\uffff]/.exec(bundle)).toBeNull();
  expect(sourceMap).toMatchObject({
    file: expect.any(String) as string,
    sources: expect.arrayContaining([expect.stringMatching(/workflows\/daily-batch\.ts$/)]) as string[],
  });
  expect(sourceMap).not.toHaveProperty('sourcesContent');
  // The workflows, with what they need of the SDK and of zod, and the map.
  expect(bundle.length).toBeLessThan(2 * 1024 ** 2);
});

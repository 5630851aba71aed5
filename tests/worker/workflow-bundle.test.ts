import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { makeWorkflowBundle } from '../../worker/workflow-bundle';

/** As the SDK finds it. */
const SOURCE_MAP = '//# sourceMappingURL=data:application/json;base64,';

const HERE = (): Promise<string> => makeWorkflowBundle({});
const ELSEWHERE = async (): Promise<string> => {
  const command = [resolve('worker/make-workflow-bundle.mjs'), '{}'];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, command, { maxBuffer: 64 * 1024 ** 2 });
  expect(stderr).toBe('');
  return stdout;
};

it.each([
  ['made here', HERE],
  ['made by a process of its own', ELSEWHERE],
])(
  'has a byte for each character, and a source map that names the sources without their texts: %s',
  async (_, make) => {
    const bundle = await make();
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
  },
);

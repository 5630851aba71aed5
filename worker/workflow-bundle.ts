import { bundleWorkflowCode, type WorkflowBundleOption } from '@temporalio/worker';
import type { DataConverter } from '@temporalio/common';
import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { temporalLogger } from './runtime';

type Converters = Pick<DataConverter, 'payloadConverterPath' | 'failureConverterPath'>;

/**
 * The workflows and converters as Temporal's sandbox runs them. The published package has them ready. A checkout makes
 * them of its sources, which takes seconds, and keeps them until its sources change.
 */
export async function workflowBundle(converters: Converters, logger: Logger): Promise<WorkflowBundleOption> {
  const packed = join(__dirname, packedBundle(converters));
  const kept = ofTheseSources(packedBundle(converters));
  const codePath = [packed, kept].find((path) => path !== undefined && existsSync(path));
  if (codePath !== undefined) return { codePath };
  const code = await makeWorkflowBundle(converters, logger);
  if (kept !== undefined) await keep(kept, code, logger);
  return { code };
}

/** A checkout may belong to another user, who alone can write there. */
async function keep(path: string, code: string, logger: Logger): Promise<void> {
  const staging = `${path}.${process.pid}-part`;
  try {
    await writeFile(staging, code);
    await rename(staging, path);
  } catch (thrown) {
    logger.warn({ err: thrown }, 'the bundle of the workflows cannot be kept: each start makes it anew');
  }
}

/**
 * A file beside the bundle that runs, if one does: its name begins with a hash of the sources, and when these change,
 * scripts/bundle.mjs removes all files of the old ones.
 */
function ofTheseSources(name: string): string | undefined {
  const [running, sources] = /^(.*[0-9a-f]{16}-)main\.cjs$/.exec(__filename) ?? [];
  return running === undefined || sources === undefined ? undefined : `${sources}${name}`;
}

/** The name of a package's file. There is one for each choice of converters, because the bundle contains them. */
export function packedBundle({ failureConverterPath }: Converters): string {
  return `workflows${failureConverterPath === undefined ? '' : '-encrypted'}.bundle.js`;
}

/** The bundle's text, with its source map at the end. */
export async function makeWorkflowBundle(converters: Converters, logger: Logger): Promise<string> {
  const { payloadConverterPath, failureConverterPath } = converters;
  const { code } = await bundleWorkflowCode({
    ...(payloadConverterPath !== undefined && { payloadConverterPath }),
    ...(failureConverterPath !== undefined && { failureConverterPath }),
    workflowsPath: join(__dirname, '../workflows'),
    logger: temporalLogger(logger, 'WARN'),
  });
  return code;
}

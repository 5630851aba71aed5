import { bundleWorkflowCode, type WorkflowBundleOption } from '@temporalio/worker';
import type { DataConverter } from '@temporalio/common';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { temporalLogger } from './runtime';

type Converters = Pick<DataConverter, 'payloadConverterPath' | 'failureConverterPath'>;

/**
 * The workflows and converters as Temporal's sandbox runs them. The published package has them ready; a checkout makes
 * them of its sources, which takes seconds.
 */
export async function workflowBundle(converters: Converters, logger: Logger): Promise<WorkflowBundleOption> {
  const codePath = join(__dirname, packedBundle(converters));
  return existsSync(codePath) ? { codePath } : { code: await makeWorkflowBundle(converters, logger) };
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

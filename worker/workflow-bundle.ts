import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleOption } from '@temporalio/worker';
import type { DataConverter } from '@temporalio/common';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Logger } from 'pino';
import * as z from 'zod';
import { replaceFile } from '../clients/storage/local/replace-file';

type Converters = Pick<DataConverter, 'payloadConverterPath' | 'failureConverterPath'>;

/**
 * The workflows and converters as Temporal's sandbox runs them. The published package has them ready. A checkout makes
 * them of its sources, which takes seconds, and keeps them until its sources change. Throws if the signal aborts meanwhile.
 */
export async function workflowBundle(
  converters: Converters,
  logger: Logger,
  signal: AbortSignal,
): Promise<WorkflowBundleOption> {
  const name = packedBundle(converters);
  const packed = join(__dirname, name);
  if (existsSync(packed)) return { codePath: packed };
  const kept = ofTheseSources(name);
  if (kept !== undefined && existsSync(kept)) return { codePath: kept };
  const code = await madeElsewhere(converters, logger, signal);
  if (kept !== undefined) await keep(kept, code, logger);
  return { code };
}

/** Made by a process of its own: webpack leaves 150 MB in the one that it runs in. */
async function madeElsewhere(converters: Converters, logger: Logger, signal: AbortSignal): Promise<string> {
  const { payloadConverterPath, failureConverterPath } = converters;
  const script = join(__dirname, 'make-workflow-bundle.mjs');
  const given = JSON.stringify({ payloadConverterPath, failureConverterPath });
  const options = { maxBuffer: MOST_BYTES, signal };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, given], options);
  if (stderr !== '') logger.warn(stderr);
  return stdout;
}

const MOST_BYTES = 64 * 1024 ** 2;

/** A checkout may belong to another user, who alone can write there. */
async function keep(path: string, code: string, logger: Logger): Promise<void> {
  try {
    await replaceFile(path, code);
  } catch (thrown) {
    logger.warn({ err: thrown }, 'the bundle of the workflows cannot be kept: each start makes it anew');
  }
}

/**
 * A file beside the bundle that runs, if one does: its name begins with a hash of the sources, and when these change,
 * scripts/bundle.mjs removes all files of the old ones.
 */
function ofTheseSources(name: string): string | undefined {
  const [sources] = /^.*[0-9a-f]{16}-(?=main\.cjs$)/.exec(__filename) ?? [];
  return sources === undefined ? undefined : `${sources}${name}`;
}

/** The name of a package's file. There is one for each choice of converters, because the bundle contains them. */
export function packedBundle({ failureConverterPath }: Converters): string {
  return `workflows${failureConverterPath === undefined ? '' : '-encrypted'}.bundle.js`;
}

/** The bundle's text, with its source map at the end, as compact as it can be: see `compact`. */
export async function makeWorkflowBundle(converters: Converters): Promise<string> {
  const { payloadConverterPath, failureConverterPath } = converters;
  const { code } = await bundleWorkflowCode({
    ...(payloadConverterPath !== undefined && { payloadConverterPath }),
    ...(failureConverterPath !== undefined && { failureConverterPath }),
    workflowsPath: join(__dirname, '../workflows'),
    logger: new DefaultLogger('WARN'),
  });
  return compact(code);
}

/**
 * A worker holds this text, and what its source map holds, three times for each task queue. Without spaces and the texts
 * of the sources it has a third of the length. In ASCII a character takes one byte, not two.
 */
async function compact(bundle: string): Promise<string> {
  const { transformSync } = await import('esbuild');
  const options = { minifyWhitespace: true, sourcemap: 'external', sourcesContent: false } as const;
  // esbuild leaves tagged templates and regular expressions as they are.
  const { code, map } = transformSync(bundle.replace(/(?<!\\)[\u0080-\uffff]/g, escaped), options);
  // The SDK wants a name.
  const sourceMap = { ...sourceMapSchema.parse(JSON.parse(map)), file: 'workflows.bundle.js' };
  const encoded = Buffer.from(JSON.stringify(sourceMap)).toString('base64');
  return `${code}//# sourceMappingURL=data:application/json;base64,${encoded}\n`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

const sourceMapSchema = z.looseObject({});

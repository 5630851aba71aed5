import { orLeave } from '../../output/going-on';
import { print } from '../../output/print';
import { BUCKET, createProgress, s3Variables, type Stack, startStack, stopStack } from '../../stack';

interface Options {
  readonly portBase?: number;
}

export interface UpOptions extends Options {
  readonly storage?: 's3';
}

export async function up({ portBase, storage }: UpOptions): Promise<void> {
  const progress = createProgress();
  const base = portBaseText(portBase);
  const given = storage === undefined ? base : `${base} --storage ${storage}`;
  const last = `The servers that have started stay up. Start the others: npx daybreak up${given}. Stop them all: npx daybreak down${base}`;
  let stack: Stack;
  try {
    stack = await orLeave(
      last,
      () => startStack({ portBase, storage, progress }),
      () => {
        progress.stop();
      },
    );
  } finally {
    progress.stop();
  }
  if (storage === 's3')
    describeS3(stack).forEach((line) => {
      print(line);
    });
}

/** Lines for a shell, to paste or for `eval`. */
function describeS3(stack: Stack): string[] {
  return [
    '# For the worker and for each command, so that they find this S3:',
    ...Object.entries(s3Variables(stack)).map(([name, value]) => `export ${name}=${value}`),
    '# In pipeline.yaml, so that feed writes and the daily batch reads its files there:',
    '#   files:',
    `#     location: s3://${BUCKET}`,
  ];
}

export async function down({ portBase, wipe }: Options & { readonly wipe: boolean }): Promise<void> {
  const progress = createProgress();
  const given = `${portBaseText(portBase)}${wipe ? ' --wipe' : ''}`;
  const last = `Some servers may still run. Stop them: npx daybreak down${given}`;
  try {
    await orLeave(
      last,
      () => stopStack({ portBase, wipe, progress }),
      () => {
        progress.stop();
      },
    );
  } finally {
    progress.stop();
  }
}

function portBaseText(portBase: number | undefined): string {
  return portBase === undefined ? '' : ` --port-base ${portBase}`;
}

import { createProgress, startStack, stopStack } from '../../stack';

interface Options {
  readonly portBase?: number;
}

export async function up({ portBase }: Options): Promise<void> {
  const progress = createProgress();
  try {
    await startStack({ portBase, progress });
  } finally {
    progress.stop();
  }
}

export async function down({ portBase, wipe }: Options & { readonly wipe: boolean }): Promise<void> {
  const progress = createProgress();
  try {
    await stopStack({ portBase, wipe, progress });
  } finally {
    progress.stop();
  }
}

import { readdirSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { helm, type Ended } from './tools';

export const ROOT = resolve(__dirname, '../../..');
export const CHART = 'deploy/helm/daybreak';
export const EXAMPLES_FOLDER = 'deploy/helm/examples';

/** The arguments of docs/kubernetes.md that bring a pipeline's files. */
export const EVENTS_FILES = ['pipeline.yaml', 'transform.sql', 'names.ndjson'].flatMap((file) => [
  '--set-file',
  `pipelines.files.events.${file.replace('.', '\\.')}=pipelines/events/${file}`,
]);

/** The values that the chart is tested with, by name, as arguments of Helm. */
export const EXAMPLES: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  readdirSync(join(ROOT, EXAMPLES_FOLDER)).map((file) => [
    file.replace('.yaml', ''),
    ['--values', `${EXAMPLES_FOLDER}/${file}`, ...(file === 'volume.yaml' ? EVENTS_FILES : [])],
  ]),
);

/** `from` becomes `to` everywhere in one file of the repository. */
export interface Change {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/**
 * `helm <command> … <chart> <args>` at the root of the repository, or in a copy of what it needs with a change.
 * @param command as in ['template', 'daybreak'].
 */
export async function helmWithChart(
  command: readonly string[],
  args: readonly string[],
  change?: Change,
): Promise<Ended> {
  const root = change === undefined ? ROOT : await mkdtemp(join(tmpdir(), 'daybreak-chart-'));
  try {
    if (change !== undefined) {
      for (const folder of ['deploy/helm', 'pipelines']) {
        await cp(join(ROOT, folder), join(root, folder), { recursive: true });
      }
      const text = readFileSync(join(ROOT, change.file), 'utf8');
      if (!text.includes(change.from)) throw new Error(`${change.file} does not contain ${change.from}`);
      await writeFile(join(root, change.file), text.replaceAll(change.from, change.to));
    }
    const absolute = args.map((arg) => arg.replace(/(?<=^|=)(?=deploy\/|pipelines\/)/, `${root}/`));
    return await helm([...command, join(root, CHART), ...absolute]);
  } finally {
    if (change !== undefined) await rm(root, { recursive: true });
  }
}

/** What `helm template` makes. Rejects with Helm's own message. */
export async function rendered(args: readonly string[], change?: Change): Promise<string> {
  const { code, stdout, stderr } = await helmWithChart(['template', 'daybreak'], args, change);
  if (code === 0) return stdout;
  throw new Error(stderr);
}

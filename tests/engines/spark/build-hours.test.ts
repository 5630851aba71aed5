import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { hoursOfDay } from '../../../domain/business-date';
import type { ListedFile } from '../../../engines/input/listed-file';
import { loadPipeline } from '../../../engines/load-pipeline';
import type { SourceHour } from '../../../engines/model/build-plan';
import type { LoadedPipeline } from '../../../engines/model/loaded-pipeline';
import { startProgress } from '../../../engines/model/progress';
import { buildHoursOnSpark } from '../../../engines/spark/build-hours';
import { DAY, event, lines, loadExample, pipelineLike, scratchFolder, writeFiles } from '../scratch';

const root = scratchFolder();
const input = join(root, 'input');
const MEBIBYTE = 1024 ** 2;

const sparkPlan = z.object({
  check: z.boolean(),
  buckets: z.number(),
  sources: z.array(z.object({ hour: z.string(), check: z.boolean() })),
  items: z.array(
    z.object({ splits: z.array(z.object({ file: z.object({ file: z.string(), isLines: z.boolean() }) })) }),
  ),
});

interface Day {
  readonly loaded: LoadedPipeline;
  /** The files of each source hour. */
  readonly sources: Readonly<Record<string, readonly ListedFile[]>>;
  readonly changed?: readonly string[];
  /** Where the previous build found records of other hours. */
  readonly misplaced?: Readonly<Record<string, SourceHour['misplaced']>>;
}

/** Gives a day to a program that keeps the plan that Spark gets, and fails. */
async function planOf(
  name: string,
  { loaded, sources, changed, misplaced = {} }: Day,
): Promise<z.infer<typeof sparkPlan>> {
  const folder = join(root, name);
  await mkdir(folder);
  const sparkSubmit = join(folder, 'spark-submit');
  await writeFile(
    sparkSubmit,
    `#!/bin/sh\nfor last; do plan=$result; result=$last; done\ncp "$plan" '${folder}/kept.json'\nexit 1\n`,
    { mode: 0o755 },
  );
  const previous = Object.entries(misplaced).map(([hour, found]): [string, SourceHour] => [
    hour,
    { hour, files: [], read: 0, outsideDay: 0, quarantined: 0, misplaced: found, truncatedFiles: [] },
  ]);
  const plan = {
    ...{ loaded, date: DAY, hours: hoursOfDay(DAY, loaded.pipeline.timeZone), input },
    ...{ sources: new Map(Object.entries(sources)), missingHours: [] },
    ...{ changed: new Set(changed ?? Object.keys(sources)), previous: new Map(previous) },
  };
  const context = {
    ...{ folder, signal: new AbortController().signal, memoryLimit: 256 * MEBIBYTE, threads: 1 },
    ...{ pieceBytes: MEBIBYTE, progress: startProgress() },
  };
  const build = {
    program: { sparkSubmit },
    input: { kind: 'local', folder: input },
    log: join(folder, 'log'),
  } as const;
  await expect(buildHoursOnSpark(plan, context, build)).rejects.toThrow('Spark failed');
  return sparkPlan.parse(JSON.parse(await readFile(join(folder, 'kept.json'), 'utf8')));
}

/** The file of an hour. It may say that it has more bytes than it has: only tasks read them. */
async function fileOf(hour: string, content: string, bytes?: number): Promise<ListedFile> {
  const file = `names.20261121.${hour}.json`;
  await writeFiles(input, { [file]: content });
  const path = join(input, file);
  return { file, path, hour, bytes: bytes ?? (await stat(path)).size, changedAt: 0, stamp: '' };
}

it('has the transform tried on the records of an hour that is read and not written', async () => {
  const plan = await planOf('read-only', {
    loaded: await loadExample('events'),
    sources: {
      '10': [await fileOf('10', lines(event(1)))],
      '11': [await fileOf('11', lines(event(2)))],
      '12': [await fileOf('12', lines(event(3)))],
    },
    changed: ['10'],
    misplaced: { '10': {}, '11': { '10': 1 }, '12': {} },
  });
  expect(plan.check).toBe(false);
  expect(plan.sources.map(({ hour, check }) => [hour, check])).toEqual([
    ['10', false],
    ['11', true],
  ]);
});

it('reads only the files that it needs where framing is json', async () => {
  const loaded = await loadPipeline(
    await pipelineLike('events', join(root, 'framed-pipeline'), {
      'pipeline.yaml': (text) => text.replace(/^files:\n/m, 'files:\n  framing: json\n'),
    }),
  );
  const missing = { file: 'names.20261121.10.json', path: '/nowhere', hour: '10', bytes: 9, changedAt: 0, stamp: '' };
  const plan = await planOf('framed', {
    loaded,
    sources: { '10': [missing], '12': [await fileOf('12', `[${event(1)}]`)] },
    changed: ['12'],
    misplaced: { '10': {}, '12': {} },
  });
  expect(plan.items.flatMap(({ splits }) => splits.map(({ file }) => file))).toEqual([
    { file: 'names.20261121.12.json', isLines: true },
  ]);
});

it.each([
  ['a file an hour', 'names.%Y%m%d.%H.json', 16],
  ['a file a day, of which one hour may have all', 'names.%Y%m%d.json', 4],
])('gives a task no more of an hour than it can hold: %s', async (title, pattern, buckets) => {
  const loaded = await loadExample('events');
  const { files } = loaded.pipeline;
  const plan = await planOf(title, {
    loaded: { ...loaded, pipeline: { ...loaded.pipeline, files: { ...files, pattern } } },
    sources: { '10': [await fileOf('10', lines(event(1)), 1024 * MEBIBYTE)] },
  });
  expect(plan.buckets).toBe(buckets);
});

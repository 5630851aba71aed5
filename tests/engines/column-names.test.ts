import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runIsolated } from '../../activities/speed/isolated-transform';
import { runDayBuild, type DayBuildOptions } from '../../engines/build-day';
import { openMicroBatch } from '../../engines/duckdb/micro-batch';
import { previewDay } from '../../engines/duckdb/preview';
import { listInput, withInput } from '../../engines/input/input-files';
import { loadPipeline } from '../../engines/load-pipeline';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import { openPipeline } from '../../engines/pipeline/open-pipeline';
import { readPipeline } from '../../engines/pipeline/read-pipeline';
import { contentsOf, DAY, lines, rowsOf, scratchFolder, writeFiles } from './scratch';
import { groupsOfNames } from './sql-names';

const root = scratchFolder();

interface Way {
  /** The settings of the events' columns. */
  readonly id?: string;
  readonly type?: 'BIGINT' | 'VARCHAR';
  /** Further columns, which no record has. */
  readonly more?: string;
  readonly pattern?: string;
  readonly files?: readonly string[];
  readonly identity?: (names: readonly string[]) => readonly string[];
  readonly text?: (record: number) => string;
  readonly options?: Partial<DayBuildOptions>;
}

const HOURS = ['ev.20261121.07.json', 'ev.20261121.08.json'];

/** Every way that a record may take from a file to a row. */
const WAYS: Readonly<Record<string, Way>> = {
  plain: {},
  texts: { type: 'VARCHAR' },
  lenient: { id: '{ type: BIGINT, lenient: true }' },
  'numbers as they are written, and lists': { id: '{ type: VARCHAR, lenient: true }', more: ', list: "JSON[]"' },
  'an escape': { text: (record) => (record === 2 ? 'a\\"b' : 'x') },
  'a failing record': { text: (record) => (record === 3 ? 'fails' : 'x') },
  pieces: { options: { pieceBytes: 2000 } },
  'lenient pieces': { id: '{ type: BIGINT, lenient: true }', options: { pieceBytes: 2000 } },
  identity: { identity: (names) => ['id', ...names] },
  'identity in pieces': { identity: (names) => ['id', ...names], options: { pieceBytes: 2000 } },
  'lenient identity': { id: '{ type: BIGINT, lenient: true }', identity: (names) => ['id', ...names] },
  'a file a day': { pattern: 'ev.%Y%m%d.json', files: ['ev.20261121.json'] },
};

/** Records of which some equal others, in this file and in the next, with values that numbers of rows could be. */
function recordsOf(names: readonly string[], { type = 'BIGINT', text = () => 'x' }: Way): string[] {
  const record = (number: number): string => {
    const values = names.map((name, index) => {
      const value = (number * 5 + index * 3) % 7;
      return `"${name}":${type === 'VARCHAR' ? `"${value}"` : value}`;
    });
    const hour = number === 6 ? '08' : '07';
    return `{"time":"2026-11-21 ${hour}:00:00","id":${number},"text":"${text(number)}",${values.join(',')}}`;
  };
  return [1, 2, 3, 4, 2, 5, 6, 1, 7, 3].map(record);
}

/** FAILS for the text `fails`. */
const FAILS = "CASE WHEN e.text = 'fails' THEN CAST(e.text AS BIGINT) END";

async function pipelineOf(folder: string, names: readonly string[], way: Way): Promise<string> {
  const { id = 'BIGINT', type = 'BIGINT', more = '', pattern = 'ev.%Y%m%d.%H.json', identity } = way;
  const columns = names.map((name) => `"${name}": ${type}`).join(', ');
  const values = names.map((name, index) => `e."${name}" AS x${index}`).join(', ');
  await writeFiles(join(folder, 'ev'), {
    'pipeline.yaml': `name: ev
timeZone: Asia/Seoul
events:
  columns: { time: VARCHAR, id: ${id}, text: VARCHAR, ${columns}${more} }
  time: { column: time }
${identity === undefined ? '' : `  identity: ${JSON.stringify(identity(names))}\n`}files: { pattern: ${pattern} }
kafka: { topic: ev, outputTopic: evo, key: id }
druid: { datasource: ev }
`,
    'transform.sql': `SELECT e.time, e.id, e.text, ${FAILS} AS failed, ${values} FROM events e`,
  });
  return join(folder, 'ev');
}

async function found(names: readonly string[], way: Way): Promise<Readonly<Record<string, unknown>>> {
  const folder = join(root, 'way');
  const path = await pipelineOf(folder, names, way);
  const loaded = await loadPipeline(path);
  const records = recordsOf(names, way);
  const [input, output, scratch] = [join(folder, 'input'), join(folder, 'output'), join(folder, 'scratch')];
  const [first = '', second] = way.files ?? HOURS;
  await writeFiles(input, {
    [first]: lines(...records, 'no record'),
    ...(second !== undefined && { [second]: lines(...records.slice(2, 7).map((one) => one.replace(' 07:', ' 08:'))) }),
  });
  await mkdir(scratch, { recursive: true });
  try {
    const build = { date: DAY, input, output, engine: 'duckdb', threads: 1 } as const;
    const { counts } = await runDayBuild(loaded, { ...build, ...way.options });
    const bad = (await contentsOf(output, DAY))['_quarantine.ndjson'];
    const read = await readPipeline(path);
    const opened = await openPipeline(read, path);
    try {
      const preview = await withInput(input, { scratch }, async (place) =>
        previewDay(opened, await listInput(place, loaded.pipeline, DAY), { date: DAY, limit: 100, scratch }),
      );
      const reasons = bad?.replaceAll(/"text":".*"/g, '');
      return {
        ...{ counts, rows: await rowsOf(output, DAY), reasons, realtime: await realtimeOf(loaded, records) },
        ...{ previewed: preview.rows, bad: preview.bad.length },
      };
    } finally {
      opened.database.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function realtimeOf(loaded: LoadedPipeline, records: readonly string[]): Promise<unknown> {
  const transform = await openMicroBatch(loaded);
  try {
    const { messages, rejects } = await runIsolated(
      transform,
      [...records, 'no record'].map((record) => Buffer.from(record)),
    );
    return { rows: messages.map(({ value }) => value), rejects };
  } finally {
    transform.close();
  }
}

const neutralOnes = new Map<string, ReturnType<typeof found>>();

/** The same of columns that are called like nothing else. */
async function wanted(columns: number, way: Way): ReturnType<typeof found> {
  const key = JSON.stringify([columns, Object.values(WAYS).indexOf(way)]);
  const names = Array.from({ length: columns }, (_, index) => `plain_${index}`);
  const known = neutralOnes.get(key) ?? found(names, way);
  neutralOnes.set(key, known);
  return known;
}

describe.each(Object.entries(WAYS))('a column of the events may have any name: %s', (_, way) => {
  it.each(groupsOfNames(55).map((names) => ({ names })))('$names', async ({ names }) => {
    expect(await found(names, way)).toEqual(await wanted(names.length, way));
  });
});

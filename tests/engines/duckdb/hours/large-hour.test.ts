import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { deflateRawSync, gzipSync } from 'node:zlib';
import type { DayManifest } from '../../../../domain/day-manifest';
import { runDayBuild, type DayBuildOptions } from '../../../../engines/build-day';
import { PieceBuilder } from '../../../../engines/duckdb/hours/piece-builder';
import { loadPipeline } from '../../../../engines/load-pipeline';
import type { LoadedPipeline } from '../../../../engines/model/loaded-pipeline';
import { until } from '../../../integration/support/until';
import { contentsOf, DAY, event, lines, pipelineLike, scratchFolder, writeFiles } from '../../scratch';

const root = scratchFolder();
/** Of a piece: about seven records. */
const TINY = 400;

type Files = Readonly<Record<string, string | Buffer>>;

let count = 0;
let input: string;

beforeEach(nextInput);

function nextInput(): void {
  count += 1;
  input = join(root, `input-${count}`);
}

async function build(loaded: LoadedPipeline, changes: Partial<DayBuildOptions>): Promise<DayManifest> {
  const output = join(root, `output-${count}`);
  return runDayBuild(loaded, { date: DAY, input, output, engine: 'duckdb', threads: 1, force: true, ...changes });
}

async function contents(loaded: LoadedPipeline, changes: Partial<DayBuildOptions>): Promise<Record<string, string>> {
  await build(loaded, changes);
  return contentsOf(join(root, `output-${count}`), DAY);
}

/** Every file of the day, its manifest among them, is the same whatever the size of pieces. Returns them. */
async function sameInPieces(files: Files, loaded: LoadedPipeline): Promise<Record<string, string>> {
  await writeFiles(input, files);
  const whole = await contents(loaded, { pieceBytes: Infinity });
  expect(await contents(loaded, { pieceBytes: TINY })).toEqual(whole);
  return whole;
}

function pipelineWith(changes: Parameters<typeof pipelineLike>[2] = {}): Promise<LoadedPipeline> {
  return pipelineLike('events', join(root, `pipeline-${count}`), changes).then(loadPipeline);
}

function settings(...changes: readonly (readonly [from: string, to: string])[]) {
  return {
    'pipeline.yaml': (text: string) => changes.reduce((changed, [from, to]) => changed.replace(from, to), text),
  };
}

const ID_IDENTITY = ['  time:\n    column', '  identity: [id]\n  time:\n    column'] as const;
const BY_DAY = ['names.%Y%m%d.%H*.json', 'names.%Y%m%d*.json'] as const;

function hourOf(hour: string, ids: readonly number[]): string[] {
  return ids.map((id) => event(id, `2026-11-21 ${hour}:${String(id % 60).padStart(2, '0')}:00`));
}

const ids = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
const HOUR = 'names.20261121.07.json';
const SEVEN = hourOf('07', ids(0, 40));

describe('an hour that is built in pieces is the same, byte by byte', () => {
  const mixed = [
    ...SEVEN.slice(0, 12),
    'no json',
    event(900, '2026-11-21 08:10:00'),
    event('"x"'),
    ...SEVEN.slice(3, 9),
    '',
    event(901, '2026-11-22 08:10:00'),
    event(902, '2026-11-21 07:10:00', 'a\\u0041'),
    event(902, '2026-11-21 07:10:00', 'aA'),
    event(903, '2026-11-21 09:10:00'),
    ...SEVEN.slice(12),
  ];

  it.each<[string, Files]>([
    ['duplicates, bad lines, misplaced and outside records', { [HOUR]: lines(...mixed) }],
    [
      'records of it in another file',
      { [HOUR]: lines(...SEVEN), 'names.20261121.08.json': lines(...hourOf('08', ids(0, 30)), ...mixed) },
    ],
    [
      'several files of all kinds',
      {
        'names.20261121.07_0.json': lines(...SEVEN),
        'names.20261121.07_1.json.gz': gzipSync(lines(...mixed)),
        'names.20261121.07_2.json': lines(...mixed.toReversed()),
        'names.20261121.07_3.json': '',
        'names.20261121.07_4.json': event(5000),
        'names.20261121.07_5.json.gz': gzipSync(lines(...mixed)).subarray(0, 300),
        'names.20261121.07_6.json.bz2': Buffer.from('BZh91AY&SY'),
        'names.20261121.07_7.json': JSON.stringify(
          SEVEN.map((text): unknown => JSON.parse(text)),
          undefined,
          1,
        ),
        // More than a piece, with line feeds.
        'names.20261121.07_8.json': deflateRawSync(lines(...ids(0, 3000).map((id) => event(id * id)))),
      },
    ],
    ['CRLF', { [HOUR]: mixed.join('\r\n') }],
    ['a missing last line feed', { [HOUR]: mixed.join('\n') }],
    ['a byte order mark', { [HOUR]: `\ufeff${lines(...mixed)}` }],
    ['a torn last line', { [HOUR]: lines(...mixed).slice(0, -20) }],
    ['line feeds alone', { [HOUR]: `${lines(...SEVEN.slice(0, 4))}${'\n'.repeat(900)}${lines(...mixed)}` }],
    [
      'a line that is longer than pieces',
      { [HOUR]: lines(...SEVEN.slice(0, 4), event(70, '2026-11-21 07:10:00', 'y'.repeat(5000)), ...mixed) },
    ],
    [
      'bytes that are not UTF-8',
      {
        [HOUR]: Buffer.concat([
          Buffer.from(lines(...mixed)),
          Buffer.from('{"\xff\n', 'latin1'),
          Buffer.from(lines(...mixed)),
        ]),
      },
    ],
    ['no good record', { [HOUR]: lines(...Array.from({ length: 40 }, () => 'no json')) }],
    ['records of other hours alone', { [HOUR]: lines(...hourOf('09', ids(0, 40))) }],
    [
      'a large neighbouring hour',
      { [HOUR]: lines(...SEVEN), 'names.20261122.00.json': lines(...mixed, ...hourOf('23', ids(0, 9))) },
    ],
  ])('%s', async (_, files) => {
    await sameInPieces(files, await pipelineWith());
  });

  it('with an identity that is in several pieces and hours', async () => {
    const loaded = await pipelineWith(settings(ID_IDENTITY));
    const { '_manifest.json': manifest = '' } = await sameInPieces(
      { [HOUR]: lines(...mixed), 'names.20261121.08.json': lines(...hourOf('08', ids(20, 70)), ...SEVEN) },
      loaded,
    );
    expect(JSON.parse(manifest)).toMatchObject({ counts: { duplicates: 6 + 20 + 40 + 1 + 0 } });
  });

  it('with one file a day', async () => {
    const loaded = await pipelineWith(settings(BY_DAY));
    const hours = ids(0, 24).flatMap((hour) => hourOf(String(hour).padStart(2, '0'), ids(0, hour === 13 ? 60 : 4)));
    await sameInPieces(
      {
        'names.20261120.json': lines(...hourOf('07', ids(0, 30)), ...SEVEN.slice(0, 2)),
        'names.20261121.json': lines(...hours, ...mixed, ...hours),
      },
      loaded,
    );
  });

  it('with framed records', async () => {
    const loaded = await pipelineWith(settings(['files:\n', 'files:\n  framing: json\n']));
    const framed = JSON.stringify(
      SEVEN.map((text): unknown => JSON.parse(text)),
      undefined,
      1,
    );
    await sameInPieces(
      { 'names.20261121.07_0.json': framed, 'names.20261121.07_1.json': framed.slice(0, -30) },
      loaded,
    );
  });

  it('with records on which the transform fails', async () => {
    const loaded = await pipelineWith({
      'transform.sql': (text) => text.replace('e.hello', 'CAST(e.hello AS BIGINT) AS hello'),
    });
    const numbers = SEVEN.map((line) => line.replace('ssm-seoul', '12'));
    const failing = [...numbers.slice(0, 9), SEVEN[1] ?? '', ...numbers.slice(9), event(7, '2026-11-21 08:00:00')];
    const day = await sameInPieces({ [HOUR]: lines(...failing), 'names.20261121.08.json': lines(...failing) }, loaded);
    expect(day['_quarantine.ndjson']?.match(/"line":\d+/g)).toEqual([
      '"line":10',
      '"line":42',
      '"line":10',
      '"line":42',
    ]);
  });

  it('with figures, checks, and records that give no row or several', async () => {
    const checks = [{ name: 'odd', where: 'user_id % 2 = 1', atMost: 1000 }];
    const loaded = await pipelineWith({
      'pipeline.yaml': (text) => `${text}\nproof: aggregates\nchecks: ${JSON.stringify(checks)}\n`,
      'transform.sql': (text) => `${text.trimEnd().replace(/;$/, '')} WHERE e.id % 3 <> 0\n`,
    });
    await sameInPieces({ [HOUR]: lines(...mixed) }, loaded);
  });
});

describe('a line that is read several times counts once in the progress', () => {
  /** Of each hour: its records, failing ones, one of the next hour, and a blank line. */
  const day = (failing: readonly string[]): Files =>
    Object.fromEntries(
      ['05', '06', '07', '08'].map((hour, index, hours) => [
        `names.20261121.${hour}.json`,
        lines(
          ...ids(0, 40).map((id) => event(id, `2026-11-21 ${hour}:10:00`, '12')),
          ...failing.map((hello) => event(99, `2026-11-21 ${hour}:20:00`, hello)),
          event(500, `2026-11-21 ${hours[index + 1] ?? '23'}:30:00`, '12'),
          '',
        ),
      ]),
    );

  it.each([
    ['hours that are written again', [], Infinity, ID_IDENTITY[0]],
    ['large hours that are written again', [], TINY, ID_IDENTITY[0]],
    ['hours with a record on which the transform fails', ['x'], Infinity, ID_IDENTITY[0]],
    ['large hours with a record on which the transform fails', ['x'], TINY, ID_IDENTITY[0]],
    ['the same, of which identities are in several hours', ['x'], TINY, ID_IDENTITY[1]],
  ])('%s', async (_, failing, pieceBytes, identity) => {
    await writeFiles(input, day(failing));
    const seen: number[] = [];
    const loaded = await pipelineWith({
      ...settings([ID_IDENTITY[0], identity]),
      'transform.sql': (text) => text.replace('e.hello', 'CAST(e.hello AS BIGINT) AS hello'),
    });
    const { counts } = await build(loaded, { pieceBytes, onProgress: ({ rows }) => seen.push(rows) });
    expect(counts).toMatchObject({ read: 4 * (41 + failing.length), quarantined: 4 * failing.length });
    expect(seen.at(-1)).toBe(counts.read + 4);
  });
});

/** Lines of all kinds, of few records, so that many are there twice. */
const anyLine = fc
  .record({
    id: fc.integer({ min: 0, max: 20 }),
    time: fc.constantFrom('2026-11-21 07:30:00', '2026-11-21 08:20:00', '2026-11-23 07:00:00'),
    hello: fc.constantFrom('a', 'a\\u0041', 'aA', 'é', 'x'.repeat(300), undefined),
    form: fc.constantFrom('fluentd', 'fluentd', 'fluentd', 'blanks', 'bad', 'empty'),
  })
  .map(({ id, time, hello, form }) => {
    if (form === 'empty') return '';
    if (form === 'bad') return `{"id":"${id}","time":"${time}"}`;
    if (form === 'blanks') return `{ "time": "${time}", "id": ${id}, "hello": "${hello ?? ''}" }`;
    return hello === undefined ? `{"id":${id},"time":"${time}"}` : event(id, time, hello);
  });

it('is the same for any lines, cut anywhere', async () => {
  const loaded = await pipelineWith();
  const days = fc.record({
    seven: fc.array(anyLine, { minLength: 10, maxLength: 150 }),
    eight: fc.array(anyLine, { maxLength: 30 }),
    end: fc.constantFrom('\n', '\r\n'),
    pieceBytes: fc.integer({ min: 30, max: 2000 }),
  });
  await fc.assert(
    fc.asyncProperty(days, async ({ seven, eight, end, pieceBytes }) => {
      nextInput();
      await writeFiles(input, { [HOUR]: seven.join(end), 'names.20261121.08.json': eight.join(end) });
      expect(await contents(loaded, { pieceBytes })).toEqual(await contents(loaded, { pieceBytes: Infinity }));
    }),
    { numRuns: 3 },
  );
});

describe('a file that is written to while its pieces are read', () => {
  /** Builds; whoever hashes the whole file then finds this text. */
  async function buildWhile(text: string): Promise<DayManifest> {
    await writeFiles(input, { [HOUR]: lines(...SEVEN), '.later': text });
    const hash = jest.spyOn(PieceBuilder.prototype, 'hashFile').mockImplementation(async ({ ranges }) => {
      hash.mockRestore();
      return PieceBuilder.prototype.hashFile.call(undefined, { path: join(input, '.later'), ranges });
    });
    return build(await pipelineWith(), { pieceBytes: TINY });
  }

  it('is read as far as it was when it was listed, if it has grown', async () => {
    const { counts, inputs } = await buildWhile(lines(...SEVEN, event(7000)));
    expect(counts).toMatchObject({ read: SEVEN.length });
    const sha256 = createHash('sha256')
      .update(lines(...SEVEN))
      .digest('hex');
    expect(inputs).toMatchObject([{ bytes: lines(...SEVEN).length, sha256 }]);
  });

  it.each([
    ['holds something else', lines(...SEVEN).replace('07:09:00', '07:09:01')],
    ['is shorter', lines(...SEVEN.slice(1))],
  ])('fails the build if it %s', async (_, text) => {
    await expect(buildWhile(text)).rejects.toMatchObject({ code: 'UNREADABLE_INPUT' });
  });
});

describe('a large hour that threads build', () => {
  const MEBIBYTE = 1024 ** 2;
  const RECORDS = 40_000; // Twice, these are more than the 4 MiB from which on threads are worth their start.
  const all = hourOf('07', ids(0, RECORDS));

  beforeEach(() => writeFiles(input, { [HOUR]: [...all, ...all.toReversed(), 'no json'].join('\n') }));

  it('is the same whatever their number, and has each record once', async () => {
    const loaded = await pipelineWith();
    const one = await contents(loaded, { threads: 1, pieceBytes: MEBIBYTE });
    expect(one['07.ndjson']?.split('\n')).toHaveLength(RECORDS + 1);
    expect(await contents(loaded, { threads: 3, pieceBytes: MEBIBYTE })).toEqual(one);
    const { counts } = await build(loaded, { pieceBytes: Infinity });
    expect(counts).toMatchObject({ read: 2 * RECORDS + 1, duplicates: RECORDS, quarantined: 1 });
    expect(await contentsOf(join(root, `output-${count}`), DAY)).toEqual(one);
  });

  it('reports each line once as its progress', async () => {
    const seen: number[] = [];
    const onProgress = ({ rows }: { readonly rows: number }): number => seen.push(rows);
    await build(await pipelineWith(), { threads: 3, pieceBytes: MEBIBYTE, onProgress });
    expect(seen.at(-1)).toBe(2 * RECORDS + 1);
  });

  it.each([128, 300])('keeps to %i MiB of memory', async (mebibytes) => {
    const changes = { threads: 3, pieceBytes: MEBIBYTE, memoryLimit: mebibytes * MEBIBYTE };
    expect((await build(await pipelineWith(), changes)).counts).toMatchObject({ duplicates: RECORDS });
  });

  it.each(['07-hashes-0.parquet', '07-rows-0.ndjson'])(
    'ends with CANCELLED, and leaves nothing behind, when it has %s',
    async (file) => {
      const stop = new AbortController();
      const versions = join(root, `output-${count}`, '.versions', DAY);
      const ended = build(await pipelineWith(), { threads: 3, pieceBytes: MEBIBYTE, signal: stop.signal });
      const isThere = async (): Promise<boolean> =>
        (await readdir(versions, { recursive: true }).catch(() => [])).some((name) => name.endsWith(file));
      await until(`there is ${file}`, isThere, { pauseMs: 5, during: ended });
      stop.abort();
      await expect(ended).rejects.toMatchObject({ code: 'CANCELLED' });
      expect((await readdir(versions)).filter((name) => name.startsWith('.'))).toEqual([]);
    },
  );

  it('fails if the transform fails on too many records of its pieces together', async () => {
    const loaded = await pipelineWith({
      'transform.sql': (text) => text.replace('e.hello', 'CAST(e.hello AS BIGINT) AS hello'),
    });
    const some = all.slice(0, 501).map((line) => line.replace('ssm-seoul', 'x'));
    const good = all.slice(0, 8_000).map((line) => line.replace('ssm-seoul', '1'));
    await writeFiles(input, { [HOUR]: [...some, ...good, ...some].join('\n') });
    await expect(build(loaded, { threads: 2, pieceBytes: MEBIBYTE / 4 })).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      what: expect.stringContaining('the transform fails on more than 1000 records') as string,
    });
  });
});

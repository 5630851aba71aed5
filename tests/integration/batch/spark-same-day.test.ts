import fc from 'fast-check';
import { appendFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parseBusinessDate } from '../../../domain/business-date';
import type { DayManifest } from '../../../domain/day-manifest';
import { DaybreakError } from '../../../domain/errors';
import { runDayBuild, type DayBuildOptions } from '../../../engines/build-day';
import { loadPipeline } from '../../../engines/load-pipeline';
import type { LoadedPipeline } from '../../../engines/model/loaded-pipeline';
import { DAY, event, lines, loadExample, pipelineLike, scratchFolder, writeFiles } from '../../engines/scratch';
import { NESTED_COLUMNS, NESTED_SQL, nestedLine, pipelineWith } from '../../engines/nested-pipeline';
import { SUBQUERIES, subqueryPipeline, subqueryRecord } from '../../engines/subqueries';
import { UNNESTS, unnestPipeline, unnestRecord } from '../../engines/unnests';
import { expectSameDay } from './same-day';
import { tasksWithoutSpark, type LocalTasks } from './without-spark';

const root = scratchFolder();
let tasks: LocalTasks;

beforeAll(async () => {
  tasks = await tasksWithoutSpark(join(root, 'tasks'));
}, 1_200_000);
afterAll(() => tasks.stop());

type Build = Partial<DayBuildOptions> & Pick<DayBuildOptions, 'input' | 'output'>;

const onTasks = (loaded: LoadedPipeline, options: Build): Promise<DayManifest> =>
  runDayBuild(loaded, { date: DAY, engine: 'spark', findSpark: () => Promise.resolve(tasks.program), ...options });
const onDuckDb = (loaded: LoadedPipeline, options: Build): Promise<DayManifest> =>
  runDayBuild(loaded, { date: DAY, engine: 'duckdb', ...options });

/** Builds a day with both engines, which must give the same or refuse it for the same reason. */
async function bothBuild(loaded: LoadedPipeline, input: string, name = 'both', date = DAY): Promise<DayManifest> {
  const outputs = [join(root, `${name}-spark`), join(root, `${name}-duckdb`)] as const;
  const expected = await onDuckDb(loaded, { date, input, output: outputs[1] });
  const built = await onTasks(loaded, { date, input, output: outputs[0] });
  await expectSameDay(built, expected, outputs);
  return built;
}

/** A day of these files. */
async function dayOf(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const input = join(root, 'input');
  await rm(input, { recursive: true, force: true });
  await writeFiles(input, files);
  for (const name of ['both-spark', 'both-duckdb']) await rm(join(root, name), { recursive: true, force: true });
  return input;
}

const name = (hour: string, ending = ''): string => `names.20261121.${hour}.json${ending}`;
const at = (hour: string, id: number): string => event(id, `2026-11-21 ${hour}:00:00`);
const MARK = '\ufeff';

/** Bytes that people find in hourly files, by what is odd about them. */
const CONTENTS: Readonly<Record<string, string | Buffer>> = {
  'no lines': '',
  'only a line feed': '\n',
  'blank lines': '\n \n\t\r\n\n',
  'a byte order mark, and more of them': `${MARK}${event(1)}\n${MARK}${MARK}${event(2)}\n`,
  'carriage returns': `${event(1)}\r\n${event(2)}\r\n`,
  'a half-written line': `${event(1)}\n{"hello":"ha`,
  'a torn first line': `m","id":1}\n${event(2)}\n`,
  'a line that is not UTF-8': Buffer.concat([
    Buffer.from(`${event(1)}\n`),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('\n'),
  ]),
  'half of a character at its end': Buffer.concat([Buffer.from(`${event(1)}\n`), Buffer.from([0xe2, 0x82])]),
  'a record that is too large': `${event(1)}\n${event(2, '2026-11-21 07:00:00', 'x'.repeat(2_000_000))}\n${event(3)}\n`,
  'a line without an end that is too large': `${event(1)}\n${'서'.repeat(5_000_000)}`,
  'control characters in a bad line': `${event(1)}\n{"id":"\\u0001\u007f\\n","time":"2026-11-21 07:00:00"}\nx\u2028y\u0000z\n`,
  'an array over several lines': `[\n${event(1)},\n${event(2)}\n]\n`,
  'objects with nothing between them': event(1) + event(2),
  'a zip file': Buffer.from('504b0304140000000800', 'hex'),
  'text that is no JSON': 'Hello\nworld\n',
  'bytes that are no text': Buffer.alloc(2_000, '\u0001\u0002\n'),
  'bytes that are no text behind blank lines': gzipSync(`${'\n'.repeat(30)}${'\u0001\u0002\n'.repeat(700)}`),
  'bytes that are no text, then records': `${'\u0001\u0002\n'.repeat(700)}${event(1)}\n`,
  'a few bytes that are no text': Buffer.from([0xff, 0, 1]),
};

const RIDE_FILES = {
  'rides-20261101-00.json': lines(
    ride(1, 12, '0.1', 'true', '2026-11-01T00:00:00-04:00'),
    ride(1, 12, '0.1', 'true', '2026-11-01T00:00:00-04:00'),
    ride(2, 1, '1e300', 'false', '2026-11-01T00:00:01-04:00'),
    ride(3, 999, '1e-7', 'null', '2026-11-01T00:00:02-04:00'),
    ride(4, 132, '100', 'true', '2026-11-01T00:00:03.5-04:00'),
    ride(5, 'null', 'null', 'false', '2026-11-01T00:00:04-04:00'),
    ride(6, 17, '-1', 'false', '2026-11-01T00:00:05-04:00'),
    ride(7, 138, '123456789.123456789', 'false', '2026-11-01T04:00:06Z'),
    ride(8, 138, '0.0', 'false', '2026-11-01T00:00:07-04:00'),
  ),
  // This hour comes twice in this night.
  'rides-20261101-01.json': lines(
    ride(9, 36, '1.1', 'true', '2026-11-01T01:30:00-04:00'),
    ride(11, 36, '1.1', 'true', '2026-11-01T01:30:00-05:00'),
  ),
  'rides-20261101-02.json': lines(ride(10, 4, '-5', 'true', '2026-11-01T02:30:00-05:00')),
};

function ride(id: number, zone: number | string, fare: string, shared: string, at: string): string {
  return `{"ride":${id},"zone":${zone},"fare":${fare},"shared":${shared},"at":"${at}"}`;
}

describe('a day is the same with both engines', () => {
  it.each(Object.keys(CONTENTS))('with %s', async (kind) => {
    const input = await dayOf({ [name('07')]: CONTENTS[kind] ?? '', [name('08')]: lines(event(1), at('08', 9)) });
    await bothBuild(await loadExample('events'), input);
  });

  const packed = gzipSync(lines(at('07', 1), at('07', 2)));
  it.each<[string, Buffer]>([
    ['several members', Buffer.concat([packed, packed])],
    ['zeros behind a member', Buffer.concat([packed, Buffer.alloc(512), packed])],
    ['a cut end', gzipSync(lines(...Array.from({ length: 5000 }, (_, id) => at('07', id)))).subarray(0, 9_000)],
    ['a damaged member', Buffer.concat([packed.subarray(0, 30), Buffer.from('!!'), packed.subarray(32), packed])],
    ['bytes that are no member', Buffer.concat([packed, Buffer.from('rest')])],
    ['an array', gzipSync(`[${at('07', 1)},${at('07', 2)}]`)],
    ['plain content', Buffer.from(lines(at('07', 1)))],
    ['no bytes', Buffer.alloc(0)],
  ])('with a .gz of %s', async (_, content) => {
    const input = await dayOf({ [name('07', '.gz')]: content, [name('08')]: lines(at('08', 1)) });
    await bothBuild(await loadExample('events'), input);
  });

  it('with files that are of another kind than their name says', async () => {
    const input = await dayOf({
      [name('07')]: packed,
      [name('08', '.bz2')]: 'BZh91AY&SY',
      [name('09')]: lines(at('09', 1)),
    });
    await writeFiles(join(input, name('10')), { 'part-0': lines(at('10', 1)) });
    const { unreadFiles } = await bothBuild(await loadExample('events'), input);
    expect(unreadFiles).toHaveLength(2);
  });

  it.each([
    ['whole records', ''],
    ['an identity of nested values', '  identity: [nested, user-id, price]'],
  ])('with nested fields, lists, JSON and decimals: %s', async (title, more) => {
    const pipeline = { columns: NESTED_COLUMNS, more, sql: NESTED_SQL };
    const loaded = await pipelineWith(root, `nested-${title.replaceAll(' ', '-')}`, pipeline);
    await fc.assert(
      fc.asyncProperty(fc.array(nestedLine, { minLength: 40, maxLength: 80 }), async (made) => {
        await bothBuild(loaded, await dayOf({ 'ev.20261121.07.json': lines(...made), 'ev.20261121.08.json': '' }));
      }),
      { numRuns: 4 },
    );
  });

  it('with a file that only grows while tasks read, of which it takes what was listed', async () => {
    const input = await dayOf({ [name('07')]: lines(at('07', 1)), [name('08')]: lines(at('08', 1)) });
    const loaded = await loadExample('events');
    const outputs = [join(root, 'grown-spark'), join(root, 'grown-duckdb')] as const;
    const expected = await onDuckDb(loaded, { input, output: outputs[1] });
    const built = await onTasks(loaded, {
      input,
      output: outputs[0],
      findSpark: async () => {
        await appendFile(join(input, name('07')), lines(at('07', 2), at('07', 3)));
        return tasks.program;
      },
    });
    await expectSameDay(built, expected, outputs);
    const later = await onTasks(loaded, { input, output: outputs[0] });
    expect(later.counts.written).toBe(4);
    await expectSameDay(later, await onDuckDb(loaded, { input, output: outputs[1] }), outputs);
  });

  it('with a file that is changed while tasks read, of which it takes the new content', async () => {
    const input = await dayOf({ [name('07')]: lines(at('07', 1)), [name('08')]: lines(at('08', 1)) });
    const loaded = await loadExample('events');
    const outputs = [join(root, 'changed-spark'), join(root, 'changed-duckdb')] as const;
    let isChanged = false;
    const built = await onTasks(loaded, {
      input,
      output: outputs[0],
      findSpark: async () => {
        if (!isChanged) await writeFile(join(input, name('07')), lines(at('07', 7)));
        isChanged = true;
        return tasks.program;
      },
    });
    await expectSameDay(built, await onDuckDb(loaded, { input, output: outputs[1] }), outputs);
  });

  it('with files of arrays, where files.framing is json', async () => {
    const loaded = await loadPipeline(
      await pipelineLike('events', join(root, 'framed'), {
        'pipeline.yaml': (text) => text.replace(/^files:\n/m, 'files:\n  framing: json\n'),
      }),
    );
    const records = [at('07', 1), '{"id":"x"}', at('07', 1), at('09', 2)];
    await bothBuild(loaded, await dayOf({ [name('07')]: `[\n${records.join(',\n')}\n` }));
  });

  it.each([
    ['epoch-seconds', 'DOUBLE', 'e.time', ['1795212000.123456', '1795212000', '1795212000123']],
    ['epoch-nanoseconds', 'BIGINT', 'e.time - e.time % 1000 AS time', ['1795212000123456789', '1795212000123']],
  ])('with times of %s as %s', async (format, type, time, times) => {
    const loaded = await loadPipeline(
      await pipelineLike('events', join(root, `times-${format}`), {
        'pipeline.yaml': (yaml) =>
          yaml.replace('time: VARCHAR', `time: ${type}`).replace(/format: yyyy.*/, `format: ${format}`),
        'transform.sql': (sql) => sql.replace('e.time', time),
      }),
    );
    const records = times.map((written, id) => `{"hello":"hi","id":${id},"time":${written}}`);
    const { counts } = await bothBuild(loaded, await dayOf({ [name('07')]: lines(...records) }));
    expect(counts.kept).toBeGreaterThan(0);
  });

  it('of 25 hours, with two tables, doubles and booleans', async () => {
    const input = await dayOf(RIDE_FILES);
    const { counts, hours } = await bothBuild(
      await loadExample('rides'),
      input,
      'both',
      parseBusinessDate('2026-11-01'),
    );
    expect(counts).toMatchObject({ read: 12, kept: 11, duplicates: 1 });
    expect(hours.map(({ written }) => written).slice(0, 3)).toEqual([7, 2, 0]);
  });

  it('with quotes, backslashes, semicolons, comments and * in the SQL', async () => {
    const folder = await pipelineLike('events', join(root, 'quoting'), {
      'transform.sql': `-- SELECT ; 'x
        /* ; */ SELECT *, "id" AS user_id, 'it''s \\d; -- \${x} "' || hello AS "Odd Name", id % 10 AS uid FROM events;`,
    });
    await bothBuild(await loadPipeline(folder), await dayOf({ [name('07')]: lines(event(1), event(2)) }));
  });

  it('with a table that gives an event several rows', async () => {
    const loaded = await loadPipeline(
      await pipelineLike('events', join(root, 'multiplying'), {
        'pipeline.yaml': (yaml) => yaml.replace(/^( *)key: .*$/m, '$&\n$1allowDuplicateKeys: true'),
        'names.ndjson': (rows) => rows + rows.split('\n').slice(0, 3).join('\n'),
        'transform.sql': (sql) => `${sql.replace(/;?\s*$/, '')} WHERE e.id % 10 <> 4`,
      }),
    );
    const records = Array.from({ length: 50 }, (_, id) => event(id));
    const { counts } = await bothBuild(loaded, await dayOf({ [name('07')]: lines(...records) }));
    expect(counts).toMatchObject({ multiplied: 15, filtered: 5 });
  });

  it.each(Object.keys(SUBQUERIES))('with %s', async (kind) => {
    const loaded = await subqueryPipeline(join(root, 'subqueries'), kind);
    await fc.assert(
      fc.asyncProperty(fc.array(subqueryRecord, { minLength: 20, maxLength: 60 }), async (made) => {
        const half = made.length / 2;
        const files = { [name('07')]: lines(...made.slice(0, half)), [name('08')]: lines(...made.slice(half)) };
        await bothBuild(loaded, await dayOf(files));
      }),
      { numRuns: 1 },
    );
  });

  it.each(Object.keys(UNNESTS))('with unnest: %s', async (kind) => {
    const loaded = await unnestPipeline(join(root, 'unnests'), kind);
    const made = fc.sample(unnestRecord, 40);
    const files = {
      [name('07')]: lines(...made, ...made.slice(0, 5)),
      [name('08')]: lines(...fc.sample(unnestRecord, 9)),
    };
    const { counts } = await bothBuild(loaded, await dayOf(files));
    expect(counts.quarantined).toBeGreaterThan(0);
  });

  it('with checks, and a table by date from another folder, also when an hour has grown', async () => {
    const tables = join(root, 'tables');
    await writeFiles(tables, {
      'names.2026-11-01.ndjson': lines('{"uid":1,"name":"Ada"}', '{"uid":2,"name":"Bo"}'),
      'names.2026-11-22.ndjson': lines('{"uid":1,"name":"of another day"}'),
    });
    const checks = [
      { name: 'unknown', where: 'uid IS NULL -- no name', atMost: 0 },
      { name: 'ada', where: "user_name = 'Ada' AND hello LIKE 'h%'", atMost: '50%' },
      { name: 'never', where: 'user_id < 0', atMost: 0 },
    ];
    const loaded = await loadPipeline(
      await pipelineLike('events', join(root, 'checked'), {
        'pipeline.yaml': (yaml) =>
          `${yaml.replace('file: names.ndjson', `file: 'names.%Y-%m-%d.ndjson'\n    location: ${tables}`)}\nchecks: ${JSON.stringify(checks)}\n`,
        'transform.sql': (sql) => `${sql.replace(/;?\s*$/, '')} WHERE e.id <> 99`,
      }),
    );
    const input = await dayOf({
      [name('07')]: lines(event(1, '2026-11-21 07:00:00', 'hi'), event(2), event(3), event(3), at('08', 21)),
      [name('08')]: lines(event(11, '2026-11-21 08:00:00', 'ho'), at('08', 4)),
      [name('09')]: '',
      [name('10')]: lines(at('10', 99)),
    });
    const wrong = ({ hours }: DayManifest): unknown => hours.slice(7, 11).map((hour) => hour.wrong);
    const built = await bothBuild(loaded, input);
    const eighth = { unknown: 1, ada: 1, never: 0 };
    expect(wrong(built)).toEqual([{ unknown: 1, ada: 1, never: 0 }, eighth, undefined, undefined]);
    expect(built.tableFiles).toEqual({ names: join(tables, 'names.2026-11-01.ndjson') });
    await appendFile(join(input, name('07')), lines(event(5), event(31, '2026-11-21 07:00:00', 'ha')));
    const grown = await bothBuild(loaded, input);
    expect(wrong(grown)).toEqual([{ unknown: 2, ada: 2, never: 0 }, eighth, undefined, undefined]);
    for (const threads of [1, 2]) {
      const output = join(root, `checked-${threads}`);
      expect({ ...(await onDuckDb(loaded, { input, output, threads })), engine: 'spark' }).toEqual(grown);
    }
  });

  it('when an hour has grown, and another one, which is only read for it, has a record on which the SQL fails', async () => {
    const loaded = await loadPipeline(
      await pipelineLike('events', join(root, 'failing'), {
        'transform.sql': (text) => text.replace('e.hello', 'CAST(CAST(e.hello AS BIGINT) AS VARCHAR) AS hello'),
      }),
    );
    const input = await dayOf({
      [name('10')]: lines(event(1, '2026-11-21 10:00:00', '1')),
      [name('11')]: lines(event(2, '2026-11-21 10:59:59', '2'), event(3, '2026-11-21 11:00:00', 'three')),
    });
    await bothBuild(loaded, input);
    await appendFile(join(input, name('10')), lines(event(4, '2026-11-21 10:00:00', '4')));
    const { counts } = await bothBuild(loaded, input);
    expect(counts).toMatchObject({ written: 3, quarantined: 1 });
  });

  it('with a plain file that several tasks read, into several files of an hour', async () => {
    const long = 'x'.repeat(1_000);
    const records = Array.from({ length: 70_000 }, (_, id) => event(id % 60_000, '2026-11-21 07:00:00', long));
    const input = await dayOf({ [name('07')]: lines(...records, 'bad', ...records.slice(0, 10), 'worse') });
    const { counts } = await bothBuild(await loadExample('events'), input);
    expect(counts).toMatchObject({ duplicates: 10_010, quarantined: 2 });
  });
});

/** The example pipeline with another identity. */
const identifiedBy = async (...columns: string[]): Promise<LoadedPipeline> =>
  loadPipeline(
    await pipelineLike('events', join(root, columns.join('-')), {
      'pipeline.yaml': (text) => text.replace(/^events:\n/m, `events:\n  identity: [${columns.join(', ')}]\n`),
      // Fails on some values of records that are duplicates of others by their identity.
      'transform.sql': (text) => text.replace('e.hello', 'CAST(CAST(e.hello AS BIGINT) AS VARCHAR) AS hello'),
    }),
  );

const small = fc.record({
  file: fc.integer({ min: 5, max: 9 }),
  hour: fc.integer({ min: 5, max: 9 }),
  id: fc.integer({ min: 0, max: 5 }),
  hello: fc.constantFrom('1', '2', 'three', '\\u0000'),
  day: fc.constantFrom('21', '21', '21', '22'),
  isBad: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});

describe('misplaced, duplicate and failing records', () => {
  it.each([[['id']], [['id', 'time']], [['hello', 'id', 'time']]])(
    'are counted the same with the identity %j, also when files have grown',
    async (columns) => {
      const loaded = await identifiedBy(...columns);
      await fc.assert(
        fc.asyncProperty(
          fc.array(small, { minLength: 1, maxLength: 40 }),
          fc.array(small, { minLength: 1, maxLength: 5 }),
          async (first, later) => {
            const input = await dayOf({ [name('07')]: '' });
            for (const records of [first, later]) {
              for (const { file, hour, id, hello, day, isBad } of records) {
                const record = event(id, `2026-11-${day} 0${hour}:00:00`, hello);
                // The last two files are of the next day, and neighbours of this one.
                const to = file < 8 ? name(`0${file}`) : 'names.20261122.00.json';
                await appendFile(join(input, to), `${isBad ? record.slice(1) : record}\n`);
              }
              await bothBuild(loaded, input);
            }
          },
        ),
        { numRuns: 5 },
      );
    },
  );

  it('are refused if the transform fails on too many', async () => {
    const loaded = await identifiedBy('hello', 'id', 'time');
    const input = await dayOf({ [name('07')]: lines(...Array.from({ length: 1001 }, (_, id) => event(id))) });
    const refusals = await Promise.all(
      [onDuckDb, onTasks].map((build, index) =>
        build(loaded, { input, output: join(root, `refused-${index}`) }).catch((thrown: unknown) => thrown),
      ),
    );
    expect(refusals[1]).toBeInstanceOf(DaybreakError);
    expect(refusals[1]).toEqual(refusals[0]);
  });
});

/** How many transforms are tried; many of them need a process of their own for their check. */
const TRANSFORMS = Number(process.env['DAYBREAK_TEST_TRANSFORMS'] ?? 12);

const number = fc.constantFrom('e.id', 'e.id % 7', 'e.ratio', 'n.uid', '3', '1.5', '-2', 'length(e.hello)');
const text = fc.constantFrom(
  'e.hello',
  'n.name',
  "'a,b\\c'",
  "'ß İ'",
  'CAST(e.ratio AS VARCHAR)',
  "split_part(e.hello, ',', 2)",
);
const expression = fc.oneof(
  fc.tuple(number, fc.constantFrom('+', '-', '*', '/', '%', '//'), number).map((parts) => `(${parts.join(' ')})`),
  fc
    .tuple(fc.constantFrom('round', 'floor', 'ceil', 'abs', 'sqrt', 'ln', 'log', 'sign', 'CAST', 'TRY_CAST'), number)
    .map(([call, of]) => (call.endsWith('CAST') ? `${call}(${of} AS BIGINT)` : `${call}(${of})`)),
  fc
    .tuple(fc.constantFrom('upper', 'lower', 'trim', 'reverse', 'md5', 'length', 'strlen', 'ascii'), text)
    .map(([call, of]) => `${call}(${of})`),
  fc
    .tuple(fc.constantFrom('concat', 'left', 'substring', 'repeat'), text, number)
    .map(([call, of, more]) =>
      call === 'concat' ? `concat(${of}, ${more})` : `${call}(${of}, CAST(${more} AS INTEGER) % 5)`,
    ),
  fc
    .tuple(text, fc.constantFrom("LIKE '%\\_%'", "~ '[0-9]+'", 'IS NULL', "> 'b'"))
    .map((parts) => `(${parts.join(' ')})`),
  text.map((of) => `regexp_replace(${of}, '([a-z0-9])', '<\\1>')`),
  text.map((of) => `CAST(${of} AS DOUBLE)`),
  text.map((of) => `TRY_CAST(${of} AS BIGINT)`),
  fc.constantFrom(
    'dayofweek(CAST(e.time AS DATE))',
    'hour(CAST(e.time AS TIMESTAMP))',
    'CAST(hash(e.hello) AS VARCHAR)',
    "strftime(CAST(e.time AS TIMESTAMP), '%j %H')",
    'CASE WHEN e.id > 5 THEN NULL ELSE e.ratio END',
    'e.hello || e.ratio',
  ),
  number.map((of) => `(SELECT x.name FROM names x WHERE x.uid = CAST(${of} AS BIGINT))`),
  fc
    .tuple(fc.constantFrom('max(x.name)', 'count(*)', 'sum(x.uid)', 'min(x.uid)'), fc.constantFrom('<', '>='), number)
    .map(([value, compare, of]) => `CAST((SELECT ${value} FROM names x WHERE x.uid ${compare} ${of}) AS VARCHAR)`),
  fc.tuple(number, fc.constantFrom('IN', 'NOT IN')).map(([of, is]) => `(${of} ${is} (SELECT x.uid FROM names x))`),
  text.map((of) => `EXISTS (FROM names x WHERE x.name > ${of})`),
  fc.tuple(text, text).map(([of, list]) => `${of} = ANY(string_split(${list}, ','))`),
  fc.tuple(number, number).map(([of, other]) => `${of} > ALL([1, ${other}])`),
  fc
    .tuple(fc.constantFrom('UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT'), number)
    .map(
      ([operator, of]) =>
        `(SELECT max(u) FROM (SELECT x.uid AS u FROM names x WHERE x.uid < ${of} ${operator} SELECT y.uid FROM names y WHERE y.name > e.hello))`,
    ),
);
const condition = fc.constantFrom(
  ...['', '', ' WHERE e.id % 3 <> 1', ' WHERE n.name IS NOT NULL', ' WHERE e.ratio > 0.5'],
  ' WHERE e.id NOT IN (SELECT x.uid + 1 FROM names x WHERE x.uid < e.ratio)',
);
/** What stands for events in FROM, with the same columns, and the WITH before it. */
const source = fc.constantFrom(
  ...[
    ['', 'events'],
    ['', '(SELECT * FROM events WHERE id <> 3)'],
    ['', '(SELECT * REPLACE (id + 1 AS id) FROM events)'],
    ['WITH v AS (SELECT * FROM events WHERE id <> 3), w AS (SELECT * REPLACE (id + 1 AS id) FROM v)', 'w'],
    ['', "(SELECT * EXCLUDE (hello), unnest(string_split(hello, ',')) AS hello FROM events)"],
    ['WITH w AS (SELECT * EXCLUDE (hello), unnest([hello, NULL, upper(hello)]) AS hello FROM events)', 'w'],
  ].map(([before = '', from = '']) => ({ before, from })),
);

const VALUES = lines(
  ...['ssm-seoul', '12', '', 'a,b_c', 'İi ß 서울 😀', '\\u0000\\\\', '1e3', ' 7 '].flatMap((hello, index) =>
    ['0.1', '2.5', '-3.5', '1e300', '-0.0', 'null'].map(
      (ratio, id) =>
        `{"hello":"${hello}","id":${index * 6 + id - 9},"ratio":${ratio},"time":"2026-11-21 07:00:0${id}"}`,
    ),
  ),
  `{"hello":null,"id":9223372036854775807,"ratio":1,"time":"2026-11-21 07:00:00"}`,
);

it(
  `gives the rows, failures and refusals of the engine duckdb for ${TRANSFORMS} generated transforms`,
  async () => {
    const input = await dayOf({ [name('07')]: VALUES });
    const folder = join(root, 'generated');
    let [built, run] = [0, 0];
    await fc.assert(
      fc.asyncProperty(
        fc.array(expression, { minLength: 1, maxLength: 4 }),
        condition,
        source,
        async (expressions, where, { before, from }) => {
          const columns = expressions.map((sql, index) => `${sql} AS c${index}`);
          await pipelineLike('events', folder, {
            'pipeline.yaml': (yaml) =>
              yaml
                .replace(/^( *)id: BIGINT/m, '$1id: BIGINT\n$1ratio: DOUBLE')
                .replace(/^events:\n/m, 'events:\n  maximumRows: 3\n'),
          });
          await writeFile(
            join(folder, 'events', 'transform.sql'),
            `${before} SELECT e.time, e.id AS user_id, n.name AS user_name, e.hello, n.uid, ${columns.join(', ')}
         FROM ${from} e LEFT JOIN names n ON n.uid = e.id % 10${where}`,
          );
          const loaded = await loadPipeline(join(folder, 'events')).catch((thrown: unknown) => {
            if (thrown instanceof DaybreakError && thrown.code === 'BAD_TRANSFORM') return undefined;
            throw thrown;
          });
          fc.pre(loaded !== undefined);
          run += 1;
          built += (await bothBuild(loaded, input, `generated-${run}`)).counts.written > 0 ? 1 : 0;
        },
      ),
      { numRuns: TRANSFORMS },
    );
    expect(built).toBeGreaterThan(TRANSFORMS / 2);
  },
  60_000 + TRANSFORMS * 20_000,
);

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runDayBuild } from '../../engines/build-day';
import { openMicroBatch } from '../../engines/duckdb/micro-batch';
import { loadPipeline } from '../../engines/load-pipeline';
import { DAY, event, lines, loadExample, pipelineLike, rowsOf, scratchFolder, writeFiles } from './scratch';

const root = scratchFolder();
const MEBIBYTE = 1024 ** 2;
const NEXT = event(2, '2026-11-21 07:00:01');

/** A record of this size in bytes. */
const large = (bytes: number): string => {
  const empty = event(1, '2026-11-21 07:00:00', '');
  return event(1, '2026-11-21 07:00:00', 'x'.repeat(bytes - empty.length));
};

async function build(name: string, text: string, loaded = loadExample('events')) {
  const [input, output] = [join(root, name, 'in'), join(root, name, 'out')];
  await writeFiles(input, { 'names.20261121.07.json': text });
  const { counts } = await runDayBuild(await loaded, {
    date: DAY,
    input,
    output,
    engine: 'duckdb',
    memoryLimit: 512 * MEBIBYTE,
  });
  const quarantine = await readFile(join(output, DAY, '_quarantine.ndjson'), 'utf8').catch(() => '');
  return { counts, rows: await rowsOf(output, DAY), quarantine };
}

it.each([2, 20])(
  'a record of %i MiB is bad, with its place and its beginning, and the others are built',
  async (mebibytes) => {
    const { counts, rows, quarantine } = await build(`of-${mebibytes}`, lines(large(mebibytes * MEBIBYTE), NEXT));
    expect(counts).toMatchObject({ read: 2, written: 1, quarantined: 1 });
    expect(rows).toHaveLength(1);
    const bad = JSON.parse(quarantine) as { text: string };
    expect(bad).toMatchObject({
      ...{ file: 'names.20261121.07.json', line: 1, cutFrom: mebibytes * MEBIBYTE },
      reason: 'larger than 1048576 bytes, which events.maximumBytes allows',
    });
    expect(large(MEBIBYTE).startsWith(bad.text.slice(0, 1000))).toBe(true);
  },
);

it('a record of exactly the size that is allowed is built, in both layers', async () => {
  const most = large(MEBIBYTE);
  expect((await build('most', lines(most, NEXT))).counts).toMatchObject({ written: 2, quarantined: 0 });
  const transform = await openMicroBatch(await loadExample('events'));
  const over = `${most} `.replace('"hello":"x', '"hello":"xx');
  const { messages, rejects } = await transform.run([most, NEXT, over].map((text) => Buffer.from(text.trim())));
  transform.close();
  expect(messages).toHaveLength(2);
  expect(rejects).toEqual([{ index: 2, reason: 'larger than 1048576 bytes, which events.maximumBytes allows' }]);
});

it('the pipeline says what is too large', async () => {
  const folder = await pipelineLike('events', join(root, 'small'), {
    'pipeline.yaml': (yaml) => yaml.replace(/^events:\n/m, 'events:\n  maximumBytes: 1024\n'),
  });
  const { counts } = await build('small', lines(large(1025), large(1024), NEXT), loadPipeline(folder));
  expect(counts).toMatchObject({ read: 3, written: 2, quarantined: 1 });
});

it('both layers measure the line of a record: with its marks and blanks, without its line feed', async () => {
  const folder = await pipelineLike('events', join(root, 'measured'), {
    'pipeline.yaml': (yaml) => yaml.replace(/^events:\n/m, 'events:\n  maximumBytes: 1024\n'),
  });
  const loaded = await loadPipeline(folder);
  const good = [
    `${large(1024)}\n`,
    `${large(1023)}\r\n`,
    `\ufeff${large(1020)} \n`,
    `${large(1024)}\n${' '.repeat(1000)}\n`,
  ];
  const bad = [`${large(1024)}\r\n`, `\ufeff${large(1022)}\n`, ` ${large(1024)}\n`, `${large(1024)} \n`];
  const texts = [...good, ...bad];
  const transform = await openMicroBatch(loaded);
  const { messages, rejects } = await transform.run(texts.map((text) => Buffer.from(text)));
  transform.close();
  expect(messages).toHaveLength(good.length);
  const reason = 'larger than 1024 bytes, which events.maximumBytes allows';
  expect(rejects).toEqual(bad.map((_, index) => ({ index: good.length + index, reason })));

  const distinct = texts.map((text, index) => text.replace('"id":1,', `"id":${index},`));
  const { counts, quarantine } = await build('measured', distinct.join(''), Promise.resolve(loaded));
  expect(counts).toMatchObject({ written: good.length, quarantined: bad.length });
  expect(quarantine.split(reason)).toHaveLength(bad.length + 1);
});

it('compares large identities that repeat in several hours within the memory of a build', async () => {
  const folder = await pipelineLike('events', join(root, 'identities'), {
    'pipeline.yaml': (yaml) => yaml.replace('tables:', '  identity: [hello]\ntables:'),
  });
  const [input, output] = [join(root, 'identities-in'), join(root, 'identities-out')];
  const text = (number: number): string => `${number} `.padEnd(900_000, 'x');
  const [SHARED, EACH] = [5, 75];
  for (const hour of ['05', '06']) {
    const records = Array.from({ length: EACH }, (_, index) => {
      const number = index < SHARED ? index : Number(hour) * 1_000 + index;
      return event(number, `2026-11-21 ${hour}:00:00`, text(number));
    });
    await writeFiles(input, { [`names.20261121.${hour}.json`]: lines(...records) });
  }
  const options = { date: DAY, input, output, engine: 'duckdb', memoryLimit: 128 * MEBIBYTE } as const;
  const { counts, hours } = await runDayBuild(await loadPipeline(folder), options);
  expect(counts).toMatchObject({ read: 2 * EACH, written: 2 * EACH - SHARED, duplicates: SHARED, quarantined: 0 });
  const written = new Map(hours.map((hour) => [hour.hour, hour.written]));
  expect([written.get('05'), written.get('06')]).toEqual([EACH, EACH - SHARED]);
});

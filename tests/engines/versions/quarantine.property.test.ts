import fc from 'fast-check';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { framingFault } from '../../../engines/input/framing/json-framing';
import { runDayBuild } from '../../../engines/build-day';
import type { LoadedPipeline } from '../../../engines/model/loaded-pipeline';
import { loadPipeline } from '../../../engines/load-pipeline';
import type { QuarantinedRecord } from '../../../engines/versions/quarantine';
import { contentsOf, DAY, pipelineLike, scratchFolder, writeFiles } from '../scratch';

const root = scratchFolder();
const FILE = 'names.20261121.07.json';

/**
 * As JSON or unchanged: control characters, quotes, the first characters of a note, other line separators, long texts.
 */
const unit = fc.oneof(
  fc.integer({ min: 0, max: 0x9f }).map((code) => String.fromCharCode(code)),
  fc.constantFrom('\n', '\r', '\0', '"', '\\', '!', '\u2028', '\ufeff', '😀', 'x'.repeat(70)),
);
const text = fc.oneof(fc.string({ unit, maxLength: 6 }), fc.constantFrom('2026-11-21 07:00:00', '12', ''));
const escaped = text.map((value) => JSON.stringify(value));
const everyCharacterEscaped = text.map(
  (value) =>
    `"${Array.from({ length: value.length }, (_, at) => `\\u${value.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`,
);
const raw = text.map((value) => `"${value.replaceAll('\n', '')}"`);
const nested = fc.oneof(
  escaped.map((value) => `[${value}]`),
  escaped.map((value) => `{${value}:${value}}`),
);
const field = fc.oneof(escaped, everyCharacterEscaped, raw, nested, fc.constantFrom('null', '1', 'true', '1e999'));
const TIME = '"2026-11-21 07:00:00"';
const record = fc
  .tuple(field, field, field, field, fc.oneof(field, fc.constant(TIME)), fc.option(escaped, { nil: undefined }))
  .map(([hello, id, share, ok, time, key]) => {
    const extra = key === undefined ? '' : `,${key}:1,${key}:2`;
    return `{"hello":${hello},"id":${id},"share":${share},"ok":${ok},"time":${time}${extra}}`;
  });
/** The transform casts it and fails. */
const failing = escaped.map((hello) => `{"hello":${hello},"id":1,"time":${TIME}}`);
const line = fc
  .oneof({ weight: 3, arbitrary: record }, failing, raw)
  .map((value) => Buffer.from(value))
  .filter((bytes) => !bytes.includes(10));

describe('the quarantine', () => {
  let loaded: LoadedPipeline;

  beforeAll(async () => {
    loaded = await loadPipeline(
      await pipelineLike('events', join(root, 'typed'), {
        'pipeline.yaml': (yaml) =>
          yaml
            .replace(/( +)id: BIGINT/, '$1id: BIGINT\n$1share: DOUBLE\n$1ok: BOOLEAN')
            .replace('events:\n', 'events:\n  maximumBytes: 4000000\n'),
        'transform.sql': (sql) => sql.replace('e.id AS', 'e.hello::INTEGER AS number, e.id AS'),
      }),
    );
  });

  it('has every bad line, byte for byte, with a reason of one line', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 30 }), async (lines) => {
        run += 1;
        const [input, output] = [join(root, `input-${run}`), join(root, `output-${run}`)];
        const content = Buffer.concat(lines.flatMap((bytes) => [bytes, Buffer.from('\n')]));
        // A file of another framing is refused as a whole.
        fc.pre(framingFault('lines', content) === undefined);
        await writeFiles(input, { [FILE]: content });
        const { counts } = await runDayBuild(loaded, { date: DAY, input, output, engine: 'duckdb', threads: 1 });
        const entries = ((await contentsOf(output, DAY))['_quarantine.ndjson'] ?? '').split('\n').slice(0, -1);
        expect(entries).toHaveLength(counts.quarantined);
        expect(new Set(entries.map((entry) => (JSON.parse(entry) as QuarantinedRecord).line)).size).toBe(
          entries.length,
        );
        for (const entry of entries) {
          const { file, line: position, reason, text: kept } = JSON.parse(entry) as QuarantinedRecord;
          expect([file, kept]).toEqual([FILE, lines[position - 1]?.toString()]);
          expect(reason).toMatch(/^[^\x00-\x1f]+$/);
        }
        await rm(input, { recursive: true });
        await rm(output, { recursive: true });
      }),
      { numRuns: 20 },
    );
  });

  it('keeps the beginning of a line of more than a MiB, and its length', async () => {
    const [input, output] = [join(root, 'long-input'), join(root, 'long-output')];
    const long = `["${'é'.repeat(1024 * 1024)}"]`;
    const bytes = Buffer.concat([Buffer.from([0xff]), Buffer.alloc(1024 * 1024, 'x')]);
    const whole = `["${'x'.repeat(1024 * 1024 - 4)}"]`;
    await writeFiles(input, { [FILE]: Buffer.concat([Buffer.from(`${long}\n${whole}\n`), bytes]) });
    await runDayBuild(loaded, { date: DAY, input, output, engine: 'duckdb', threads: 1 });
    const entries = ((await contentsOf(output, DAY))['_quarantine.ndjson'] ?? '').split('\n').slice(0, -1);
    const [first, second, third] = entries.map((entry) => JSON.parse(entry) as QuarantinedRecord);
    expect(first).toMatchObject({ line: 1, reason: 'not a JSON object', cutFrom: Buffer.byteLength(long) });
    expect(Buffer.byteLength(first?.text ?? '')).toBe(1024 * 1024);
    expect(long.startsWith(first?.text ?? '?')).toBe(true);
    expect(second).toEqual({ file: FILE, line: 2, reason: 'not a JSON object', text: whole });
    expect(third).toMatchObject({ line: 3, reason: 'not valid UTF-8', cutFrom: bytes.length });
    expect(Buffer.from(third?.base64 ?? '', 'base64')).toEqual(bytes.subarray(0, 1024 * 1024));
  });
});

import { loadPipeline } from '../../../engines/load-pipeline';
import { fastPath } from '../../../engines/duckdb/fast-path';
import { DAY_OF_LINES, isValidEvent } from '../valid-event';
import { claim, type Target } from '../target';

const LINE = `{"hello":"ssm-seoul","id":1,"time":"${DAY_OF_LINES} 07:00:00"}`;

/** Lines of an hourly file. What the fast path takes must be what an independent reading of JSON takes. */
export async function open(): Promise<Target> {
  const { pipeline } = await loadPipeline('pipelines/events');
  const scanner = fastPath?.hourScanner(pipeline);
  if (scanner === undefined) throw new Error('there is no fast path to read them');
  return {
    seeds: [
      `${LINE}\n${LINE}\n`,
      `${LINE}\r\n${LINE}`,
      `${LINE}\n\n ${LINE}\n{"id":2}\n[]\n`,
      LINE.replace('1', '-9223372036854775808'),
    ],
    words: [
      LINE,
      '\n',
      '\\u0041',
      '\\"',
      '"id":',
      '"time":',
      'null',
      '9223372036854775807',
      '1e3',
      '1.0',
      '\ufeff',
      '\ud83d\ude00',
      '\xff',
      '07:59:60',
      ',',
      '{}',
    ],
    async read(input) {
      // The scanner gets text of UTF-8 only.
      const text = Buffer.from(input.toString());
      const hour = { date: DAY_OF_LINES, hour: '07', bytes: text.length, path: undefined };
      const scanned = await scanner.use(hour, async (scan) => {
        await scan.begin();
        return scan.add(text);
      });
      if (scanned === undefined) return;
      const lines = text.toString().split('\n');
      claim(
        scanned.lines === lines.length || scanned.lines === lines.length - 1,
        `${scanned.lines} of ${lines.length} lines`,
      );
      const misses = new Set(scanned.misses?.positions);
      for (const [position, line] of lines.slice(0, scanned.lines).entries()) {
        claim(misses.has(position) || isValidEvent(line), `the fast path takes ${JSON.stringify(line)}`);
      }
    },
  };
}

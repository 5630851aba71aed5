import { readFileSync } from 'node:fs';
import { locationOf, locationText } from '../../clients/storage';
import { parseBusinessDate } from '../../domain/business-date';
import { isHourly } from '../../domain/file-pattern';
import { dayNames } from '../../engines/input/file-names';
import { parsePipelineYaml } from '../../engines/pipeline/pipeline-yaml';

/** As the page says: each example is the file of this hour, in the zone of its name. */
const [DAY, NEXT_DAY, HOUR] = [parseBusinessDate('2026-11-21'), parseBusinessDate('2026-11-22'), '05'];
const COLUMNS = ['shipper, and its settings', 'a name', 'location', 'pattern', 'timeZone', 'framing'];

const page = readFileSync('docs/storage.md', 'utf8');
const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
const lines = page.split('\n');
const head = lines.findIndex((line) => line.startsWith('|') && cellsOf(line).join() === COLUMNS.join());
const table = lines.slice(
  head + 2,
  lines.findIndex((line, index) => index > head && !line.startsWith('|')),
);
/** The text of a cell with one `code`; undefined if it is empty. */
const code = (cell = ''): string | undefined => /^`(.+)`$/.exec(cell)?.[1];
const shippers = table.map((line) => {
  const [shipper = '', name, location, pattern, timeZone, framing] = cellsOf(line);
  const given = { name: code(name) ?? '', location: code(location) ?? '', pattern: code(pattern) ?? '' };
  return {
    shipper: shipper.replaceAll(/[*`]/g, '').split(':')[0] ?? '',
    ...given,
    timeZone: code(timeZone),
    framing: code(framing),
  };
});

it('has the common shippers', () => {
  expect(shippers.map(({ shipper }) => shipper)).toEqual([
    'fluentd out_file',
    'fluentd out_file, a file a day',
    'fluentd out_s3',
    'fluentd out_webhdfs',
    'Fluent Bit s3',
    'Vector aws_s3',
    'Kafka Connect S3 sink (Confluent)',
    'Amazon Data Firehose',
    'logrotate',
    'logrotate, a file a day',
    'Hive-style folders',
  ]);
});

describe.each(shippers)('$shipper', ({ name, location, pattern, timeZone, framing }) => {
  const below = (): string => {
    const folder = locationText(locationOf(location)).replace(/\/?$/, '/');
    expect(name.slice(0, folder.length)).toBe(folder);
    return name.slice(folder.length);
  };

  it('has settings that pipeline.yaml takes', () => {
    const files = { location, pattern, ...(timeZone !== undefined && { timeZone }), framing };
    const yaml = readFileSync('pipelines/events/pipeline.yaml', 'utf8').replace(
      /^files:\n {2}pattern: .*$/m,
      `files: ${JSON.stringify(files)}`,
    );
    expect(parsePipelineYaml(yaml, 'pipeline.yaml').files).toMatchObject(files);
  });

  it('takes the example for its day and hour, also compressed, and for no other day', () => {
    const expected = isHourly(pattern) ? HOUR : '00';
    for (const ending of /\.gz$/.test(name) ? [''] : ['', '.gz', '.zst']) {
      expect(dayNames(pattern, DAY).hourOf(`${below()}${ending}`)).toBe(expected);
    }
    expect(dayNames(pattern, NEXT_DAY).hourOf(below())).toBeUndefined();
  });

  it('takes a file of the next day for that day alone', () => {
    const next = below()
      .replaceAll(/2026([-/]?)11([-/]?)21/g, '2026$111$222')
      .replace('day=21', 'day=22');
    expect(next).not.toBe(below());
    expect(dayNames(pattern, NEXT_DAY).hourOf(next)).toBeDefined();
    expect(dayNames(pattern, DAY).hourOf(next)).toBeUndefined();
  });

  it('is listed by the day', () => {
    expect(dayNames(pattern, DAY).prefix).toMatch(/2026.*11.*21/);
    expect(below().startsWith(dayNames(pattern, DAY).prefix)).toBe(true);
  });
});

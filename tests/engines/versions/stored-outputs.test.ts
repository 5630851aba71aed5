import { readdirSync } from 'node:fs';
import { appendFile, cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { completeCounts } from '../../../domain/day-manifest';
import { runDayBuild } from '../../../engines/build-day';
import { surveyDay } from '../../../engines/versions/late-data-scan';
import { withOutput } from '../../../engines/versions/open-output';
import { readQuarantine } from '../../../engines/versions/read-quarantine';
import { contentsOf, DAY, event, loadExample, publishedIn, rowsOf, scratchFolder } from '../scratch';

const FIXTURES = 'tests/fixtures/outputs';
const COMMITS = readdirSync(FIXTURES).filter((name) => /^[0-9a-f]{7}$/.test(name));

const data = join(scratchFolder(), 'data');
const [input, output] = [join(data, 'input'), join(data, 'output')];

describe.each(COMMITS)('a day that %s has published', (commit) => {
  beforeEach(async () => {
    await rm(data, { recursive: true, force: true });
    await cp(join(FIXTURES, 'input'), input, { recursive: true });
    await cp(join(FIXTURES, commit), output, { recursive: true, verbatimSymlinks: true });
  });

  const published = async () => {
    const day = await publishedIn(output);
    if (day === undefined) throw new Error(`nothing is published in ${output}`);
    return day;
  };
  const build = async () => runDayBuild(await loadExample('events'), { date: DAY, input, output, engine: 'duckdb' });
  const kept = () => withOutput({ location: output }, DAY, (day) => day.keptVersions());

  it('is read whole, with its counts and its bad records', async () => {
    const day = await published();
    expect(await withOutput({ location: output }, DAY, (place) => place.isWhole(day))).toBe(true);
    expect(completeCounts(day.manifest.counts, day.manifest.hours)).toEqual({
      ...{ read: 11, written: 7, filtered: 0, multiplied: 0, duplicates: 1, quarantined: 2, outsideDay: 1, kept: 7 },
      fromNeighbours: 0,
    });
    const reasons: string[] = [];
    for await (const { reason } of readQuarantine(join(day.folder, '_quarantine.ndjson'))) reasons.push(reason);
    expect(reasons).toEqual(['not JSON', 'time is missing']);
    expect(await surveyDay(await loadExample('events'), data, DAY)).toMatchObject({ inputs: 'unchanged' });
  });

  it('has the rows that a build gives now', async () => {
    const before = await contentsOf(output, DAY);
    const { hours } = await build();
    const after = await contentsOf(output, DAY);
    for (const { file } of hours) expect(after[file]).toBe(before[file]);
    expect(after['_quarantine.ndjson']).toBe(before['_quarantine.ndjson']);
  });

  it('takes a late record, and is kept beside the new version', async () => {
    const before = await published();
    await appendFile(join(input, 'names.20261121.05.json'), `${event(99, '2026-11-21 05:30:00')}\n`);
    expect(await surveyDay(await loadExample('events'), data, DAY)).toMatchObject({ inputs: 'changed', lateRows: 1 });
    const { counts } = await build();
    expect(counts).toMatchObject({ read: 12, written: 8 });
    expect((await rowsOf(output, DAY)).filter((row) => row.includes('"user_id":99,'))).toHaveLength(1);
    expect(await kept()).toEqual([(await published()).version, before.version]);
  });
});

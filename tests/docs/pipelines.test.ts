import { readFileSync } from 'node:fs';
import { settingRows } from '../../scripts/operate/pipeline-settings';

it('has every setting of pipeline.yaml with its type, default and description, and no other (npm run schema)', () => {
  const page = readFileSync('docs/pipelines.md', 'utf8');
  const written = page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const wanted = settingRows();
  expect(wanted.length).toBeGreaterThan(30);
  expect(written).toEqual(wanted);
});

it('names every type that a setting takes', () => {
  const types = new Map(settingRows().map(([name, type]) => [name, type]));
  expect(types.get('`checks[].atMost`')).toBe('integer or string');
  expect(types.get('`events.columns.<name>.type`')).toBe('string');
});

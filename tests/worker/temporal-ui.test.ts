import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { workflowUrl } from '../../domain/workflow-url';
import { readConfig } from '../../worker/config';
import { temporalUi } from '../../worker/connect';
import { scratchFolder } from '../engines/scratch';

const root = scratchFolder();
afterEach(() => {
  delete process.env['TEMPORAL_CONFIG_FILE'];
});

it('links to the namespace of the profile, in which runs are started', async () => {
  const file = join(root, 'temporal.toml');
  await writeFile(file, '[profile.default]\nnamespace = "orders"\n');
  process.env['TEMPORAL_CONFIG_FILE'] = file;
  const config = readConfig({ TEMPORAL_UI_URL: 'http://ui' });
  expect(temporalUi(config)).toEqual({ uiUrl: 'http://ui', namespace: 'orders' });
});

it('links to the namespace of the variable, else to the default one', () => {
  expect(temporalUi(readConfig({ TEMPORAL_NAMESPACE: 'rides' })).namespace).toBe('rides');
  expect(temporalUi(readConfig({})).namespace).toBe('default');
});

it('links without a double slash where the address of the variable ends with one', () => {
  const ui = temporalUi(readConfig({ TEMPORAL_UI_URL: 'https://ui.example/temporal/' }));
  expect(workflowUrl(ui, 'day')).toBe('https://ui.example/temporal/namespaces/default/workflows/day');
});

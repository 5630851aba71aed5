import { readFileSync } from 'node:fs';
import { BUNDLED } from '../../../../scripts/dev/pack/layout';
import { shippedPackages } from '../../../../scripts/dev/pack/shipped-packages';

const lock = JSON.stringify({
  lockfileVersion: 3,
  packages: {
    '': { dependencies: { native: '1.0.0' }, devDependencies: { bundled: '1.0.0', tool: '1.0.0' } },
    'node_modules/native': { version: '1.0.0', optionalDependencies: { 'native-linux': '1.0.0' } },
    'node_modules/native-linux': { version: '1.0.0', optional: true },
    'node_modules/bundled': { version: '1.0.0', dev: true, dependencies: { '@a/part': '^1.0.0' } },
    'node_modules/bundled/node_modules/@a/part': { version: '1.1.0', dev: true, dependencies: { shared: '1' } },
    'node_modules/@a/part': { version: '2.0.0', dev: true },
    'node_modules/shared': { version: '1.0.0', devOptional: true },
    'node_modules/tool': { version: '1.0.0', dev: true, dependencies: { '@a/part': '^2.0.0' } },
  },
});

it('ships what is installed and what is bundled, each as Node finds it, and no tool', () => {
  expect([...shippedPackages(lock, ['bundled'])].sort()).toEqual([
    'node_modules/bundled',
    'node_modules/bundled/node_modules/@a/part',
    'node_modules/native',
    'node_modules/native-linux',
    'node_modules/shared',
  ]);
});

it('has an exact version of each package that it ships', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    readonly dependencies: Record<string, string>;
    readonly devDependencies: Record<string, string>;
  };
  const wanted = [...Object.values(dependencies), ...BUNDLED.map((name) => devDependencies[name])];
  for (const version of wanted) expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
});

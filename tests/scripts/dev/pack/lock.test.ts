import { readFileSync } from 'node:fs';
import { BUNDLED } from '../../../../scripts/dev/pack/layout';
import { shippedPackages } from '../../../../scripts/dev/pack/shipped-packages';
import { shrinkwrap } from '../../../../scripts/dev/pack/shrinkwrap';

const manifest = {
  ...{ name: 'own', version: '1.0.0', license: 'MIT', bin: { own: 'own.mjs' }, engines: { node: '>=20' } },
  dependencies: { native: '1.0.0' },
};
const lock = JSON.stringify({
  ...{ name: 'own', version: '1.0.0', lockfileVersion: 3, requires: true },
  packages: {
    '': { ...manifest, devDependencies: { bundled: '1.0.0', tool: '1.0.0' } },
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

it('pins what is installed with the package, and nothing else', () => {
  const { packages } = JSON.parse(shrinkwrap(lock, JSON.stringify(manifest))) as { packages: Record<string, object> };
  expect(packages).toEqual({
    '': manifest,
    'node_modules/native': { version: '1.0.0', optionalDependencies: { 'native-linux': '1.0.0' } },
    'node_modules/native-linux': { version: '1.0.0', optional: true },
    'node_modules/shared': { version: '1.0.0', optional: true },
  });
});

it('has an exact version of each package that it ships', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    readonly dependencies: Record<string, string>;
    readonly devDependencies: Record<string, string>;
  };
  const wanted = [...Object.values(dependencies), ...BUNDLED.map((name) => devDependencies[name])];
  for (const version of wanted) expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
});

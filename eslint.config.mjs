import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { importX } from 'eslint-plugin-import-x';
import { readdirSync } from 'node:fs';
import { builtinModules } from 'node:module';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/** The tree's order of layers, lowest first: a folder may import itself and what its row names. */
const layers = {
  domain: [],
  workflows: ['domain'],
  engines: ['domain', 'clients/storage'],
  clients: ['domain'],
  activities: ['domain', 'engines', 'clients'],
  worker: ['domain', 'engines', 'clients', 'activities', 'workflows'],
};
const folders = ['domain', 'engines', 'clients', 'activities', 'workflows', 'worker', 'scripts', 'tests', 'bench'];
/** Days lie on a storage, so the engines read and write by its client; no other system is theirs. */
const systemsButStorage = readdirSync(new URL('clients', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'storage')
  .map(({ name }) => `./clients/${name}`);

/** Only duckdb/fast-path.ts, and what tests and measures it, may know the fast path: it can be deleted at the cost of speed. */
const withoutFastPath = readdirSync(new URL('engines', import.meta.url)).filter((name) => name !== 'fast-path');

const builtins = [...builtinModules, ...builtinModules.map((name) => `node:${name}`)];

const kafkajsInternals = {
  group: ['kafkajs/*'],
  message: 'Only clients/kafka/kafkajs-modules.ts imports the private modules of kafkajs.',
};

export default tseslint.config(
  { ignores: ['node_modules', '.daybreak', 'dist', '**/*.{cjs,mjs}', 'coverage', 'engines/fast-path/assembly'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': [
        'error',
        {
          zones: [
            {
              target: [
                ...withoutFastPath.map((name) => `./engines/${name}`),
                ...folders.filter((folder) => !['engines', 'tests'].includes(folder)).map((folder) => `./${folder}`),
              ],
              from: './engines/fast-path',
              message: 'The one import of engines/fast-path is in engines/duckdb/fast-path.ts.',
            },
            ...Object.entries(layers).map(([target, allowed]) => ({
              target: `./${target}`,
              from: folders.filter((folder) => folder !== target && !allowed.includes(folder)).map((f) => `./${f}`),
              ...(target === 'engines' && {
                from: [
                  './activities',
                  './workflows',
                  './worker',
                  './scripts',
                  './tests',
                  './bench',
                  ...systemsButStorage,
                ],
              }),
              // Workflows may name the types of activities; type imports vanish before the bundle.
              ...(target === 'workflows' && {
                from: ['./engines', './clients', './worker', './scripts', './tests', './bench'],
              }),
              message: `${target}/ may import only ${['itself', ...allowed].join(', ')}`,
            })),
          ],
        },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-restricted-imports': ['error', { patterns: [kafkajsInternals] }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
    },
  },
  { files: ['clients/kafka/kafkajs-modules.ts'], rules: { 'no-restricted-imports': 'off' } },
  {
    files: [...folders.map((folder) => `${folder}/**`)],
    // What these write is what scripts/output and scripts/stack/progress.ts made visible.
    ignores: ['tests/**', 'bench/**', 'scripts/output/**', 'scripts/stack/progress.ts', 'workflows/show-details.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'MemberExpression[object.name="process"][property.name=/^std(out|err)$/]:not(MemberExpression[property.name="isTTY"] > *), VariableDeclarator[init.name="process"] > ObjectPattern',
          message: 'Print by scripts/output/print.ts: a value must not steer the terminal.',
        },
        {
          selector: 'ImportDeclaration[source.value=/^(cli-progress|cli-table3|pino-pretty|(node:)?process)$/]',
          message: 'Belongs in scripts/output, where values are made visible.',
        },
        {
          selector: 'NewExpression[callee.name="SafeText"]',
          message: 'Write line`…` around the values.',
        },
        {
          selector: 'Property[key.name=/^static(Summary|Details)$/]:not([value.property.name="text"])',
          message: 'The Temporal UI reads it as Markdown: write markdown`…`.text around the values.',
        },
        {
          selector: 'ImportSpecifier[imported.name="setCurrentDetails"]',
          message: 'The Temporal UI reads them as Markdown: call showDetails(markdown`…`).',
        },
      ],
    },
  },
  {
    files: ['workflows/**', 'domain/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: builtins.map((name) => ({ name, message: 'This code runs inside the workflow sandbox.' })),
          patterns: [kafkajsInternals],
        },
      ],
    },
  },
  {
    files: ['workflows/**'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['**/activities', '**/activities/*'],
              allowTypeImports: true,
              message: 'Workflows know only the types of activities.',
            },
          ],
        },
      ],
    },
  },
  { files: ['tests/**'], rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
  prettier,
);

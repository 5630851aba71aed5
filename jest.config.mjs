/** Tests live beside nothing: tests/<folder>/<file>.test.ts mirrors <folder>/<file>.ts. */
const project = (displayName, testMatch, options = {}) => ({
  displayName,
  testMatch,
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'typescript' } } }] },
  modulePathIgnorePatterns: ['<rootDir>/.daybreak'],
  ...options,
});

/** They start the servers that they need. So several can run at once, and none needs the shared servers. */
const OWN_SERVERS = [
  'batch/spark*',
  'bench/{batch,fuzz,hot-hour,listing,memory,nested,spark,start,storage,torture}',
  'demo/*',
  'docs/commands',
  'notebooks/*',
  'package/*',
  'security/kafka-rights',
  'shard/{broker-away,exactly-once,fresh-broker,lost-markers}',
  'storage/!(pipeline-check)',
].map((file) => `**/tests/integration/${file}.test.ts`);

export default {
  // For the tests that share servers; see scripts/dev/test.ts.
  maxWorkers: 1,
  // What a file leaves in a worker costs every later file's garbage collections; AsyncLocalStorage keeps it on Node 20.
  workerIdleMemoryLimit: '300MB',
  // It ends what hangs. A test has time on a machine that others keep busy; how fast something is, bench/ says.
  testTimeout: 600_000,
  projects: [
    project('unit', ['<rootDir>/tests/**/*.test.ts'], { testPathIgnorePatterns: ['<rootDir>/tests/integration/'] }),
    project('servers', OWN_SERVERS),
    project('integration', ['<rootDir>/tests/integration/**/*.test.ts', ...OWN_SERVERS.map((file) => `!${file}`)], {
      globalSetup: '<rootDir>/tests/integration/support/global-setup.ts',
      globalTeardown: '<rootDir>/tests/integration/support/global-teardown.ts',
    }),
  ],
};

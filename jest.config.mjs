/** Tests live beside nothing: tests/<folder>/<file>.test.ts mirrors <folder>/<file>.ts. */
const project = (displayName, testMatch, options = {}) => ({
  displayName,
  testMatch,
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'typescript' } } }] },
  modulePathIgnorePatterns: ['<rootDir>/.daybreak'],
  ...options,
});

export default {
  // For the integration tests; see scripts/dev/test.ts.
  maxWorkers: 1,
  // A test has time on a machine that others keep busy; how fast something is, bench/ says.
  testTimeout: 60_000,
  projects: [
    project('unit', ['<rootDir>/tests/**/*.test.ts'], { testPathIgnorePatterns: ['<rootDir>/tests/integration/'] }),
    project('integration', ['<rootDir>/tests/integration/**/*.test.ts'], {
      globalSetup: '<rootDir>/tests/integration/support/global-setup.ts',
      globalTeardown: '<rootDir>/tests/integration/support/global-teardown.ts',
    }),
  ],
};

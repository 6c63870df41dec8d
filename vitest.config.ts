import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/setup/build.ts',
    setupFiles: 'test/setup/properties.ts',
    // The counts for CI: see .ci/run.
    reporters: ['default', ['json', { outputFile: 'test-results/report.json' }]],
    // Live scenes load two cores with real stuck processes: one file at a time keeps their timing honest.
    fileParallelism: false,
    // Bounds of what hangs, not of what is slow: no test that passes waits for them.
    testTimeout: 120_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 30_000 } },
    disableConsoleIntercept: true,
  },
});

import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';
import { TestOrder } from './support/test-order.ts';

/** Set by continuous integration: the file of a report for programs. */
const reportFile = process.env['TRPC_SESSIONS_REPORT'];

/** Set by continuous integration: another version of better-sqlite3, for a Node that the installed one does not support. */
const sqlite = process.env['TRPC_SESSIONS_SQLITE'];

/** Suites for `.ci/nightly` alone. */
const nightly = [
  'test/packed/commonjs.test.ts',
  'test/packed/orm.test.ts',
  'test/next/next.test.ts',
  'test/nuxt/nuxt.test.ts',
  'test/frameworks/frameworks.test.ts',
  'test/adoption/adoption.test.ts',
];

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  // The workspace's packages are tested from their sources.
  resolve: { conditions: ['@trpc-sessions/source', 'module', 'node', 'development|production'] },
  ssr: { resolve: { conditions: ['@trpc-sessions/source', 'module', 'node', 'development|production'] } },
  test: {
    alias: {
      ...(sqlite !== undefined && { 'better-sqlite3': sqlite }),
      // A package of the workspace in test/t3-turbo/app.
      '@acme/api': new URL('t3-turbo/app/packages/api/src/index.ts', import.meta.url).pathname,
    },
    include: ['packages/*/src/**/*.test.{ts,tsx}', 'test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(process.env['NIGHTLY'] === '1' ? [] : nightly)],
    globalSetup: 'test/support/global-setup.ts',
    env: {
      TZ: 'Pacific/Chatham',
      // The programs that tests start load the same modules: this halves their time.
      NODE_COMPILE_CACHE: new URL('node_modules/.cache/compiled/', import.meta.url).pathname,
    },
    reporters: reportFile === undefined ? ['default'] : ['default', ['json', { outputFile: reportFile }]],
    // More than cores: many tests wait for a server, a browser or a timeout. Those of continuous integration alone do not.
    maxWorkers: availableParallelism() + (reportFile === undefined ? 2 : 0),
    // To load Kysely, tRPC and the drivers again for each file takes longer than most files.
    isolate: false,
    sequence: { sequencer: TestOrder },
    // One race turns no run red. The summary of continuous integration names each test that did not pass at once.
    retry: reportFile === undefined ? 0 : 2,
    restoreMocks: true,
    unstubGlobals: true,
    // Limits for a hang, not for speed: on a busy machine a test is slow, not red.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000, interval: 10 } },
  },
});

import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Set by continuous integration: what a machine lacks is then a failure, not a skip.
const required = process.env['TRPC_SESSIONS_REQUIRE'] === 'all';

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  // The workspace's packages are tested from their sources.
  resolve: { conditions: ['@trpc-sessions/source', 'module', 'node', 'development|production'] },
  ssr: { resolve: { conditions: ['@trpc-sessions/source', 'module', 'node', 'development|production'] } },
  test: {
    include: ['packages/*/src/**/*.test.{ts,tsx}', 'test/**/*.test.ts'],
    globalSetup: 'test/support/global-setup.ts',
    env: { TZ: 'Pacific/Chatham' },
    reporters: required ? ['default', ['json', { outputFile: 'test/node_modules/.cache/report.json' }]] : ['default'],
    // By default one core stays idle.
    maxWorkers: availableParallelism(),
    // To load Kysely, tRPC and the drivers again for each file takes longer than most files.
    isolate: false,
    restoreMocks: true,
    unstubGlobals: true,
    // Limits for a hang, not for speed: on a busy machine a test is slow, not red.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000, interval: 10 } },
  },
});

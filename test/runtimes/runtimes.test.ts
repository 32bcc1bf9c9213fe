import { build } from 'esbuild';
import { test } from 'vitest';
import { describeIf } from '../support/optional.ts';
import { isEnabled } from '../support/slow-suites.ts';
import { startProcess } from './app-process.ts';
import { expectMainJob } from './main-job.ts';
import { installBun, installDeno, installMiniflare } from './runtimes.ts';

const app = new URL('sqlite-app.ts', import.meta.url).pathname;
const workerApp = new URL('worker-app.ts', import.meta.url).pathname;

/** With the installation, in milliseconds. */
const timeout = 600_000;

// With the built packages, as an app has them.
describeIf(
  isEnabled('RUNTIMES'),
  'on Bun, Deno and workerd',
  'set RUNTIMES=1; it installs them from the npm registry',
  () => {
    test.each([
      ['node:sqlite', 'sqlite-app.ts'],
      ['better-sqlite3', 'better-sqlite3-app.ts'],
    ])('an app does the main job on Bun with %s', { timeout }, async (_driver, file) => {
      await using server = await startProcess(await installBun(), () => [new URL(file, import.meta.url).pathname]);
      await expectMainJob(server.url);
    });

    test('an app does the main job on Deno', { timeout }, async () => {
      const options = ['--allow-all', '--no-config', '--no-lock', '--node-modules-dir=manual', '--host', '127.0.0.1'];
      await using server = await startProcess(await installDeno(), (port) => [
        'serve',
        ...options,
        '--port',
        String(port),
        app,
      ]);
      await expectMainJob(server.url);
    });

    // Since 2026, timers are objects there, as in Node.
    test.each(['2025-01-01', '2026-07-01'])(
      'an app that is created while its module loads does the main job on workerd of %s with D1',
      { timeout },
      async (compatibilityDate) => {
        const { Miniflare } = await installMiniflare();
        const { outputFiles } = await build({
          entryPoints: [workerApp],
          bundle: true,
          platform: 'node',
          format: 'esm',
          conditions: ['workerd', 'worker'],
          external: ['cloudflare:*'],
          // As Wrangler does: CommonJS requires modules of Node.
          banner: { js: 'const require = (name) => process.getBuiltinModule(name);' },
          write: false,
        });
        const miniflare = new Miniflare({
          modules: [{ type: 'ESModule', path: 'worker.mjs', contents: outputFiles[0]?.text }],
          compatibilityDate,
          compatibilityFlags: ['nodejs_compat'],
          d1Databases: ['DB'],
          host: '127.0.0.1',
          port: 0,
        });
        try {
          await expectMainJob((await miniflare.ready).origin);
        } finally {
          await miniflare.dispose();
        }
      },
    );
  },
);

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, expect, test } from 'vitest';
import { describeSlow } from '../support/optional.ts';

const run = promisify(execFile);
const root = new URL('../..', import.meta.url).pathname;
const consumer = new URL('consumer.ts', import.meta.url).pathname;
const app = new URL('app.ts', import.meta.url).pathname;

const answers = {
  isKept: true,
  user: 'ada',
  // The refusals that a client must understand arrive, and end its session.
  reasons: ['fresh_session_required', 'revoked_session', 'missing_token'],
  held: null,
};

let printed: {
  readonly different: unknown;
  readonly results: unknown;
  readonly statuses: unknown;
  readonly older: unknown;
  readonly tooOld: unknown;
};

describeSlow('several copies of the packages', () => {
  beforeAll(async () => {
    const { stdout } = await run(process.execPath, [app], { cwd: import.meta.dirname });
    printed = JSON.parse(stdout);
  });

  test('an app may mix the ES modules, the CommonJS and a second installation of every package, and of tRPC', () => {
    // Otherwise the mixes would be no mixes.
    expect(printed.different).toEqual(['core', 'server', 'client', 'react', 'trpc', 'adapter', 'trpcClient']);
    expect(printed.results).toEqual({ [JSON.stringify(answers)]: expect.any(Array) });
  });

  test('hooks of one copy find the provider of another', () => {
    // A server renders without the token.
    expect(printed.statuses).toEqual(Array.from({ length: 9 }, () => 'loading true'));
  });

  test('tRPC 11.0 with Kysely 0.28, and tRPC 11.19, have a formatter that puts the reason on the wire', () => {
    expect(printed.older).toEqual({ '11.0': answers, '11.19': answers });
  });

  test.each(['11.0', '11.19'])('tRPC %s has all types', async (release) => {
    const folder = join(root, 'test/node_modules/.cache/copies', release);
    await cp(consumer, join(folder, 'consumer.mts'));
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      target: 'es2023',
      lib: ['es2023', 'dom', 'esnext.disposable'],
      module: 'nodenext',
      types: ['node'],
      typeRoots: [join(root, 'test/node_modules/@types')],
      noEmit: true,
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.mts'] }));
    const tsc = join(root, 'node_modules/.bin/tsc');
    const { stdout } = await run(tsc, ['--pretty', 'false'], { cwd: folder }).catch(
      (error: { stdout: string }) => error,
    );
    // Declarations of tRPC need those of its adapters' frameworks.
    expect(stdout.split('\n').filter((line) => line !== '' && !line.startsWith('node_modules/@trpc/'))).toEqual([]);
  });

  test('esbuild bundles the core with Kysely 0.28, which has no kysely/migration', async () => {
    const resolveDir = join(root, 'test/node_modules/.cache/copies/11.0');
    const stdin = { contents: `export { migrateToLatest } from '@trpc-sessions/core';`, resolveDir };
    const { warnings } = await build({ stdin, bundle: true, platform: 'node', write: false, logLevel: 'silent' });
    expect(warnings).toEqual([]);
  });

  test('tRPC 10 is refused at once, with the remedy', () => {
    expect(printed.tooOld).toBe(
      'Error: @trpc-sessions/server needs tRPC 11.0 or later: npm install @trpc/server@11 @trpc/client@11',
    );
  });
});

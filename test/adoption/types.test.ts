import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { describeSlow } from '../support/optional.ts';

const folder = new URL('..', import.meta.url).pathname;
const compiler = new URL('../../node_modules/typescript/bin/tsc', import.meta.url).pathname;

// Each night, `adoption.test.ts` compiles all of their files, with the packages as npm would publish them.
describeSlow('the apps with sessions', () =>
  test('type-check against the built packages, but for the files that a framework generates types for', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [compiler, '-p', 'tsconfig.apps.json'], {
      cwd: folder,
    }).catch((error: { stdout: string }) => error);
    expect(stdout).toBe('');
  }),
);

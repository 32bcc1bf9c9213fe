import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type BuildOptions } from 'esbuild';
import { afterAll, beforeAll, test } from 'vitest';
import { describeSlow } from '../support/optional.ts';
import { startProcess } from './app-process.ts';
import { expectMainJob } from './main-job.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-bundle-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Bundles the app, which takes the built packages. */
async function bundle(options: BuildOptions): Promise<string> {
  const outfile = join(folder, options.format === 'cjs' ? 'app.cjs' : 'app.mjs');
  await build({
    entryPoints: [new URL('standalone-app.ts', import.meta.url).pathname],
    bundle: true,
    platform: 'node',
    outfile,
    ...options,
  });
  return outfile;
}

describeSlow('a bundle of esbuild', () => {
  test("as an ES module runs with the guide's banner", async () => {
    const guide = await readFile(new URL('../../docs/guide.md', import.meta.url), 'utf8');
    const [, js = ''] = /--banner:js="([^"]+)"/.exec(guide) ?? [];
    const file = await bundle({ format: 'esm', banner: { js } });
    await using app = await startProcess(process.execPath, () => [file]);
    await expectMainJob(app.url);
  });

  test('as CommonJS runs', async () => {
    const file = await bundle({ format: 'cjs' });
    await using app = await startProcess(process.execPath, () => [file]);
    await expectMainJob(app.url);
  });
});

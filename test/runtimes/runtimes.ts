import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';

// Together 380 MB: too large for everyone's installation.

const run = promisify(execFile);
const cache = new URL('../node_modules/.cache/runtimes', import.meta.url).pathname;

/** The module that starts workerd. */
export interface MiniflareModule {
  readonly Miniflare: new (options: object) => Miniflare;
}

/** A workerd that runs. */
export interface Miniflare {
  readonly ready: Promise<URL>;
  dispose(): Promise<void>;
}

/** Installs Bun, and returns its program. */
export async function installBun(): Promise<string> {
  // The programs themselves: the scripts that start them do not pass a signal on.
  return programIn(await install('bun@1.4.5'), '@oven/bun-*/bin/bun');
}

/** Installs Deno, and returns its program. */
export async function installDeno(): Promise<string> {
  return programIn(await install('deno@2.9.6'), '@deno/*/deno');
}

/** Installs workerd, and returns the module that starts it. */
export async function installMiniflare(): Promise<MiniflareModule> {
  const folder = await install('miniflare@4.20260730.0');
  return createRequire(join(folder, 'package.json'))('miniflare');
}

/** Installs a version of a package, once for all test files. Returns its folder. */
async function install(version: string): Promise<string> {
  const folder = join(cache, version);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  // Another test file may do the same at once: the first folder that is complete gets the name.
  const scratch = await mkdtemp(`${folder}-`);
  await writeFile(join(scratch, 'package.json'), JSON.stringify({ private: true }));
  const options = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['install', ...options, version], { cwd: scratch });
  await rename(scratch, folder).catch(async (error: unknown) => {
    await rm(scratch, { recursive: true });
    if (!existsSync(folder)) throw error;
  });
  return folder;
}

function programIn(folder: string, pattern: string): string {
  const [program] = globSync(join(folder, 'node_modules', pattern));
  if (program === undefined) throw new Error(`npm has installed no ${pattern} for this machine`);
  return program;
}

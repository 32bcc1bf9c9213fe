import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Together 380 MB: too large for everyone's installation. */
const packages = ['bun@1.4.5', 'deno@2.9.6', 'miniflare@4.20260730.0'];
const folder = new URL('../node_modules/.cache/runtimes', import.meta.url).pathname;

/** The programs of the runtimes, and the module that starts workerd. */
export interface Runtimes {
  readonly bun: string;
  readonly deno: string;
  readonly miniflare: { readonly Miniflare: MiniflareConstructor };
}

type MiniflareConstructor = new (options: object) => {
  readonly ready: Promise<URL>;
  dispose(): Promise<void>;
};

/** Installs the runtimes, once for each of their versions. */
export async function installRuntimes(): Promise<Runtimes> {
  const versions = join(folder, packages.join('+'));
  if (!existsSync(versions)) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true }));
    const options = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await run('npm', ['install', ...options, ...packages], { cwd: folder });
    await writeFile(versions, '');
  }
  return {
    // The programs themselves: the scripts that start them do not pass a signal on.
    bun: programAt('@oven/bun-*/bin/bun'),
    deno: programAt('@deno/*/deno'),
    miniflare: createRequire(join(folder, 'package.json'))('miniflare'),
  };
}

function programAt(pattern: string): string {
  const [program] = globSync(join(folder, 'node_modules', pattern));
  if (program === undefined) throw new Error(`npm has installed no ${pattern} for this machine`);
  return program;
}

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/ports.ts';
import { createApp } from './app.ts';

// An app of a framework, which is built and started by the scripts of its manifest.

const run = promisify(execFile);
const apps = new URL('../../apps/', import.meta.url).pathname;

export const secret = 'a secret of more than thirty-two bytes';

/** The manifest is written by npm. The others are made by a build. */
const leftOut = /package\.json$|node_modules|routeTree\.gen|\/\.(?:next|nuxt|output|svelte-kit)\b/;

/**
 * Installs an app of `apps/`, with the packed packages. Returns its folder.
 *
 * @param versions - in place of those of its manifest
 */
export async function installApp(app: string, versions: Readonly<Record<string, string>> = {}): Promise<string> {
  const source = join(apps, app);
  const manifest = JSON.parse(await readFile(join(source, 'package.json'), 'utf8'));
  const { type, scripts, dependencies, devDependencies } = manifest;
  const packages = Object.entries<string>({ ...dependencies, ...devDependencies, ...versions });
  const ofNpm = packages.filter(([name]) => !name.startsWith('@trpc-sessions/'));
  const folder = await createApp(
    { type, scripts },
    ofNpm.map((names) => names.join('@')),
  );
  await cp(source, folder, { recursive: true, filter: (path) => !leftOut.test(path) });
  return folder;
}

/** The database of an app of `apps/`. */
export const databaseOf = (folder: string): string => join(folder, 'test.db');

const environmentOf = (folder: string) => ({
  ...process.env,
  NODE_ENV: 'production',
  NEXT_TELEMETRY_DISABLED: '1',
  NUXT_TELEMETRY_DISABLED: '1',
  // Without the header of a proxy, SvelteKit takes a request for HTTPS.
  PROTOCOL_HEADER: 'x-forwarded-proto',
  DATABASE_FILE: databaseOf(folder),
});

/** Runs the script `build`, without a secret and without a database. */
export async function buildApp(folder: string): Promise<void> {
  await run('npm', ['run', 'build'], { cwd: folder, env: environmentOf(folder), timeout: 600_000 });
}

export interface StartedApp {
  readonly origin: string;
  stop(): Promise<void>;
}

/** Runs the script `start`, until a page is there. */
export async function startApp(folder: string, page: string): Promise<StartedApp> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const server = spawn('npm', ['start'], {
    cwd: folder,
    env: { ...environmentOf(folder), PORT: String(port), SESSION_SECRET: secret },
    stdio: ['ignore', 'ignore', 'inherit'],
    detached: true,
  });
  const stop = async (): Promise<void> => {
    const ended = once(server, 'exit');
    // npm, and the server that it started.
    if (server.pid !== undefined) process.kill(-server.pid, 'SIGKILL');
    await ended;
  };
  try {
    await eventually(async () => expect((await fetch(`${origin}${page}`)).status).toBe(200));
  } catch (error) {
    await stop();
    throw error;
  }
  return { origin, stop };
}

import type * as client from '@trpc-sessions/client';
import type * as react from '@trpc-sessions/client/react';
import type * as core from '@trpc-sessions/core';
import type * as server from '@trpc-sessions/server';
import type * as trpcClient from '@trpc/client';
import type * as trpc from '@trpc/server';
import type * as adapter from '@trpc/server/adapters/fetch';
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The modules of one copy of each package. */
export interface Copy {
  readonly core: typeof core;
  readonly server: typeof server;
  readonly client: typeof client;
  readonly react: typeof react;
  readonly trpc: typeof trpc;
  readonly adapter: typeof adapter;
  readonly trpcClient: typeof trpcClient;
}

const names = {
  core: '@trpc-sessions/core',
  server: '@trpc-sessions/server',
  client: '@trpc-sessions/client',
  react: '@trpc-sessions/client/react',
  trpc: '@trpc/server',
  adapter: '@trpc/server/adapters/fetch',
  trpcClient: '@trpc/client',
} as const satisfies Record<keyof Copy, string>;

const copied = [
  '@trpc/server',
  '@trpc/client',
  '@trpc-sessions/core',
  '@trpc-sessions/server',
  '@trpc-sessions/client',
];
const require = createRequire(import.meta.url);

/** The built packages, as ES modules, as CommonJS, and as ES modules from another folder, as npm may install them twice. */
export async function loadCopies(): Promise<readonly Copy[]> {
  const elsewhere: { load: (name: string) => Promise<unknown> } = await import(installElsewhere());
  return Promise.all([load((name) => import(name)), load(require), load(elsewhere.load)]);
}

async function load(loadOne: (name: string) => unknown): Promise<Copy> {
  const modules = Object.entries(names).map(async ([key, name]) => [key, await loadOne(name)] as const);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the names above are those of the types
  return Object.fromEntries(await Promise.all(modules)) as unknown as Copy;
}

/** Copies the packages, and links to what they depend on. Returns a module that imports from there. */
function installElsewhere(): string {
  const folder = join(import.meta.dirname, '../node_modules/.cache/copies');
  rmSync(folder, { recursive: true, force: true });
  for (const name of copied) {
    const from = dirname(require.resolve(`${name}/package.json`));
    const to = join(folder, 'node_modules', name);
    mkdirSync(to, { recursive: true });
    for (const part of ['package.json', 'dist']) cpSync(join(from, part), join(to, part), { recursive: true });
    linkDependencies(name.startsWith('@trpc/') ? [] : dependenciesOf(from), folder);
  }
  writeFileSync(join(folder, 'load.mjs'), 'export const load = (name) => import(name);');
  return join(folder, 'load.mjs');
}

/** By name, the folder of each package that a package of the workspace depends on. */
function dependenciesOf(folder: string): readonly (readonly [name: string, folder: string])[] {
  const modules = join(folder, 'node_modules');
  return readdirSync(modules)
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(modules, name)).map((own) => `${name}/${own}`) : [name],
    )
    .map((name) => [name, join(modules, name)]);
}

function linkDependencies(dependencies: ReturnType<typeof dependenciesOf>, folder: string): void {
  const installed = new Set(copied);
  for (const [name, from] of dependencies) {
    if (installed.has(name)) continue;
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    rmSync(link, { force: true });
    symlinkSync(from, link);
  }
}

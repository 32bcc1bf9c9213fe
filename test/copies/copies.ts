import type * as client from '@trpc-sessions/client';
import type * as react from '@trpc-sessions/client/react';
import type * as core from '@trpc-sessions/core';
import type * as server from '@trpc-sessions/server';
import type * as kysely from 'kysely';
import type * as query from '@tanstack/react-query';
import type * as trpcClient from '@trpc/client';
import type * as trpc from '@trpc/server';
import type * as adapter from '@trpc/server/adapters/fetch';
import { cpSync, mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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
  readonly kysely: typeof kysely;
  readonly query: typeof query;
}

const names = {
  core: '@trpc-sessions/core',
  server: '@trpc-sessions/server',
  client: '@trpc-sessions/client',
  react: '@trpc-sessions/client/react',
  trpc: '@trpc/server',
  adapter: '@trpc/server/adapters/fetch',
  trpcClient: '@trpc/client',
  kysely: 'kysely',
  query: '@tanstack/react-query',
} as const satisfies Record<keyof Copy, string>;

const ours = ['@trpc-sessions/core', '@trpc-sessions/server', '@trpc-sessions/client'];

/** The packages that a copy has beside ours: the name of each, and the alias of another release that stands for it. */
type Peers = Readonly<Record<string, string>>;

const samePeers: Peers = { '@trpc/server': '@trpc/server', '@trpc/client': '@trpc/client' };

/** Older releases that our packages support, by the release of tRPC. */
const olderPeers: Readonly<Record<string, Peers>> = {
  '11.0': { '@trpc/server': 'trpc-server-11.0', '@trpc/client': 'trpc-client-11.0', kysely: 'kysely-0.28' },
  '11.19': { '@trpc/server': 'trpc-server-11.19', '@trpc/client': 'trpc-client-11.19' },
};
const require = createRequire(import.meta.url);

/** The built packages, as ES modules, as CommonJS, and as ES modules from another folder, as npm may install them twice. */
export async function loadCopies(): Promise<readonly Copy[]> {
  return [await load((name) => import(name)), await load(require), await loadElsewhere('same', samePeers)];
}

/** The built packages beside older releases of tRPC and Kysely. */
export async function loadOlder(): Promise<ReadonlyMap<string, Copy>> {
  const copies = new Map<string, Copy>();
  for (const [release, peers] of Object.entries(olderPeers)) copies.set(release, await loadElsewhere(release, peers));
  return copies;
}

/** The built server beside a tRPC that is too old. */
export async function loadBesideTRPC10(): Promise<Copy['server']> {
  const elsewhere = await import(install('10', { '@trpc/server': 'trpc-server-10' }));
  return elsewhere.load(names.server);
}

/** Installs the packages into a folder of their own, and loads them from there. */
async function loadElsewhere(name: string, peers: Peers): Promise<Copy> {
  const elsewhere: { load: (name: string) => Promise<unknown> } = await import(install(name, peers));
  return load(elsewhere.load);
}

async function load(loadOne: (name: string) => unknown): Promise<Copy> {
  const modules: Record<string, unknown> = {};
  // One after the other: Node cannot `require` a module that an `import` is loading.
  for (const [key, name] of Object.entries(names)) modules[key] = await loadOne(name);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the names above are those of the types
  return modules as unknown as Copy;
}

/** Copies the packages, and links to their dependencies. Returns a module that imports from there. */
export function install(ofPeers: string, peers: Peers): string {
  const folder = join(import.meta.dirname, '../node_modules/.cache/copies', ofPeers);
  rmSync(folder, { recursive: true, force: true });
  const packages = { ...peers, ...Object.fromEntries(ours.map((name) => [name, name])) };
  for (const [name, source] of Object.entries(packages)) {
    const from = realpathSync(join(import.meta.dirname, '../node_modules', source));
    const to = join(folder, 'node_modules', name);
    mkdirSync(to, { recursive: true });
    for (const part of ['package.json', 'dist']) cpSync(join(from, part), join(to, part), { recursive: true });
    if (ours.includes(name)) linkDependencies(dependenciesOf(from), folder, new Set(Object.keys(packages)));
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

function linkDependencies(
  dependencies: ReturnType<typeof dependenciesOf>,
  folder: string,
  installed: ReadonlySet<string>,
): void {
  for (const [name, from] of dependencies) {
    if (installed.has(name)) continue;
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    rmSync(link, { force: true });
    symlinkSync(from, link);
  }
}

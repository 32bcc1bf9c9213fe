// @vitest-environment happy-dom
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { transformAsync } from '@babel/core';
import { memoryTokenStore, sessionLinks, type TokenStore, type WatchClient } from '@trpc-sessions/client';
import { createSessionManager, localBus } from '@trpc-sessions/core';
import { createTRPCClient } from '@trpc/client';
import { build, type OnLoadResult } from 'esbuild';
import superjson from 'superjson';
import { compile as compileSvelte } from 'svelte/compiler';
import { expect, onTestFinished, test } from 'vitest';
import { compileScript, parse } from 'vue/compiler-sfc';
import { createAppRouter, secret, type AppRouter } from '../support/app.ts';
import { sqlite } from '../support/database.ts';
import { httpAdapters } from '../support/servers.ts';

// The components of docs/live.md: each framework's own compiler builds them, and they watch a real server.

interface Framework {
  readonly name: string;
  /** The component in `test/recipes/`. */
  readonly component: string;
  compile(source: string): Promise<string> | string;
  /** The module of the page. It exports `mount(target, props)`, which returns a function that takes the component away. */
  readonly page: string;
}

const frameworks: readonly Framework[] = [
  {
    name: 'Vue',
    component: 'sessions.vue',
    compile(source) {
      const { descriptor, errors } = parse(source);
      expect(errors).toEqual([]);
      return compileScript(descriptor, { id: 'sessions', inlineTemplate: true }).content;
    },
    page: `
      import { createApp } from 'vue';
      import Sessions from './sessions.vue';
      export function mount(target, props) {
        const app = createApp(Sessions, props);
        app.mount(target);
        return () => app.unmount();
      }`,
  },
  {
    name: 'Svelte',
    component: 'sessions.svelte',
    compile(source) {
      const { js, warnings } = compileSvelte(source, { generate: 'client' });
      expect(warnings).toEqual([]);
      return js.code;
    },
    page: `
      import { mount as mountComponent, unmount } from 'svelte';
      import Sessions from './sessions.svelte';
      import { liveSessions } from './sveltesessions';
      export function mount(target, { client, tokens }) {
        const component = mountComponent(Sessions, { target, props: { live: liveSessions(client, tokens) } });
        return () => unmount(component);
      }`,
  },
  {
    name: 'Solid',
    component: 'sessions.jsx',
    async compile(source) {
      const result = await transformAsync(source, { presets: ['solid'], cwd: import.meta.dirname, configFile: false });
      return result?.code ?? '';
    },
    page: `
      import { createComponent, render } from 'solid-js/web';
      import { Sessions } from './sessions.jsx';
      export const mount = (target, props) => render(() => createComponent(Sessions, props), target);`,
  },
];

declare global {
  interface Window {
    readonly happyDOM: { setURL(url: string): void };
  }
}

type Mount = (target: Element, props: { client: WatchClient; tokens: TokenStore }) => () => void;

/** Builds the page of a framework, and loads it. */
async function load({ component, compile, page }: Framework): Promise<Mount> {
  const folder = await mkdtemp(join(import.meta.dirname, '../node_modules/.cache/'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const outfile = join(folder, 'page.mjs');
  await build({
    stdin: { contents: page, resolveDir: import.meta.dirname },
    outfile,
    bundle: true,
    format: 'esm',
    conditions: ['@trpc-sessions/source', 'browser', 'svelte'],
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [
      {
        name: component,
        setup(builder) {
          builder.onLoad({ filter: /sessions\.(?:vue|svelte|jsx)$/ }, async ({ path }): Promise<OnLoadResult> => {
            expect(basename(path)).toBe(component);
            return { contents: await compile(await readFile(path, 'utf8')), loader: 'ts' };
          });
        },
      },
    ],
  });
  const { mount }: { mount: Mount } = await import(/* @vite-ignore */ outfile);
  return mount;
}

test.each(frameworks)('a component of $name follows the sessions, and shows why its own ended', async (framework) => {
  await using database = await sqlite.create();
  const bus = localBus({ channel: `page of ${framework.name}` });
  const manager = createSessionManager({ db: database.db, keys: secret, bus });
  await using server = await httpAdapters[0]!.start(createAppRouter(manager));
  // Of one origin with the server, as a page of it is.
  window.happyDOM.setURL(server.url);
  const userId = 'ada';
  const own = await manager.issue({ userId, device: { name: 'Laptop' } });
  const tokens = memoryTokenStore(own.token);
  const links = sessionLinks<AppRouter>({ url: server.url, at: 'auth', tokens, transformer: superjson });
  const client = createTRPCClient<AppRouter>({ links });
  const mount = await load(framework);
  const target = document.createElement('main');
  document.body.append(target);
  const unmount = mount(target, { client: client.auth, tokens });
  const rows = () => [...target.querySelectorAll('li')].map(({ textContent }) => textContent);

  await expect.poll(rows).toEqual(['Laptop']);
  const { session: phone } = await manager.issue({ userId, device: { name: 'Phone' } });
  const { session: tablet } = await manager.issue({ userId, device: { name: 'Tablet' } });
  await expect.poll(rows).toEqual(['Tablet', 'Phone', 'Laptop']);
  await manager.update({ userId, id: phone.id, name: 'Kitchen' });
  await manager.revoke({ userId, id: tablet.id });
  await expect.poll(rows).toEqual(['Kitchen', 'Laptop']);
  await manager.revokeOthers({ userId, currentId: phone.id });
  await expect.poll(() => target.querySelector('[role=status]')?.textContent).toBe('Signed out: others');
  expect(tokens.get()).toBeNull();
  unmount();
  expect(target.textContent).toBe('');
});

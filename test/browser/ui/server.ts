import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { initTRPC } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { createSessionManager, migrateToLatest, type SessionManager } from '@trpc-sessions/core';
import { createSessionsPlugin, sessionsContext, type SessionsContext } from '@trpc-sessions/server';
import SQLite from 'better-sqlite3';
import { build } from 'esbuild';

const folder = new URL('.', import.meta.url).pathname;

/** A server of the page, with the real plugin. */
export interface UiServer extends AsyncDisposable {
  readonly origin: string;
  readonly manager: SessionManager;
  /** Signs in as another device, some minutes ago. */
  readonly signIn: (userId: string, device: SignedInDevice) => Promise<{ token: string; id: string }>;
}

export interface SignedInDevice {
  readonly userAgent: string;
  readonly ip: string;
  readonly minutesAgo: number;
}

function createRouter(manager: SessionManager) {
  const plugin = createSessionsPlugin({
    manager,
    authenticate: ({ username }) => ({ id: username }),
    locate: (ip) => places[ip] ?? null,
  });
  return initTRPC.context<SessionsContext>().create().mergeRouters(plugin.router);
}

export type Router = ReturnType<typeof createRouter>;

const places: Readonly<Record<string, string>> = {
  '203.0.113.7': 'Lisbon, Portugal',
  '198.51.100.23': 'Porto, Portugal',
  '192.0.2.44': 'Berlin, Germany',
};

const html = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/page.css">
    <title>Sessions</title>
    <style>body { margin: 0 } main { max-width: 680px; margin: 0 auto }</style>
  </head>
  <body><main></main><script type="module" src="/page.js"></script></body>
</html>`;

export async function startUiServer(): Promise<UiServer> {
  const { outputFiles } = await build({
    entryPoints: [`${folder}page.ts`],
    bundle: true,
    format: 'esm',
    outdir: '/',
    write: false,
    conditions: ['@trpc-sessions/source'],
    define: { 'process.env.NODE_ENV': '"development"' },
  });
  const files = new Map(outputFiles.map(({ path, text }) => [path, text]));
  const db = new SQLite(':memory:');
  await migrateToLatest(db);
  let minutesAgo = 0;
  const manager = createSessionManager({
    db,
    keys: 'a secret of more than thirty-two bytes',
    lifetime: '30d',
    clock: () => Date.now() - minutesAgo * 60_000,
  });

  const handle = createHTTPHandler({
    router: createRouter(manager),
    createContext: (opts) => sessionsContext(opts),
    basePath: '/trpc/',
  });
  const server = createServer((req, res) => {
    const path = new URL(req.url ?? '/', 'http://page').pathname;
    if (path.startsWith('/trpc/')) return handle(req, res);
    const file = files.get(path);
    const type = path.endsWith('.js') ? 'text/javascript' : path.endsWith('.css') ? 'text/css' : 'text/html';
    return void res.setHeader('content-type', `${type}; charset=utf-8`).end(file ?? html);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    manager,
    async signIn(userId, device) {
      minutesAgo = device.minutesAgo;
      const { ip, userAgent } = device;
      const { token, session } = await manager.issue({
        userId,
        caller: { token: null, ip, userAgent, clientHints: null },
      });
      minutesAgo = 0;
      return { token, id: session.id };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await manager.close();
      db.close();
    },
  };
}

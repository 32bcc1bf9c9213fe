import { createServer, request as httpRequest, Agent, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSessionManager, localBus, memoryCache, type CallerInfo, type SessionManager } from '@trpc-sessions/core';
import { createSessionsPlugin, sessionsContext, type SessionsContext } from '@trpc-sessions/server';
import { initTRPC } from '@trpc/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { checkSignature, columns, secret } from './floor.ts';
import type { Candidate } from './measure.ts';
import { createBetterAuth } from './peers/better-auth.ts';
import type { BenchFile } from './sqlite.ts';
import { copyOf, createSamples, cycle } from './tokens.ts';

interface Context extends SessionsContext {
  readonly id?: string;
}

const t = initTRPC.context<Context>().create();

const callerOf = (token: string): CallerInfo => ({
  token: copyOf(token),
  ip: null,
  userAgent: null,
  clientHints: null,
});

function createRouter(manager: SessionManager) {
  const sessions = createSessionsPlugin({ manager, authenticate: () => null });
  return t.router({
    open: t.procedure.query(() => 'ok'),
    mine: t.procedure.concat(sessions.authenticated).query(() => 'ok'),
  });
}

/** An empty query of tRPC, called as servers call it, with and without a session. The first of each group is its floor. */
export async function trpc(
  bench: BenchFile,
  sampleCount: number,
): Promise<{ readonly groups: Record<string, Candidate[]>; close(): void }> {
  const { own, raw } = bench;
  const asking = createSessionManager({ db: own, keys: secret });
  const cached = createSessionManager({ db: own, keys: secret, cache: memoryCache({ max: 10_000 }), bus: localBus() });
  const samples = await createSamples(asking, sampleCount);
  const next = cycle(samples);
  const betterAuth = await createBetterAuth(bench, false);
  const select = raw.prepare(`select ${columns} from sessions where id = ?`);

  const routers = { asking: createRouter(asking), cached: createRouter(cached) };
  const others = t.router({
    floor: t.procedure
      .use(({ ctx, next: proceed }) => {
        checkSignature(String(ctx.caller.token));
        return proceed({ ctx: { row: select.get(ctx.id) } });
      })
      .query(() => 'ok'),
    passing: t.procedure.use(({ next: proceed }) => proceed({ ctx: { row: null } })).query(() => 'ok'),
    peer: t.procedure
      .use(async ({ next: proceed }) =>
        proceed({ ctx: { session: await betterAuth.auth.api.getSession({ headers: betterAuth.headers() }) } }),
      )
      .query(() => 'ok'),
  });
  const call = {
    asking: t.createCallerFactory(routers.asking),
    cached: t.createCallerFactory(routers.cached),
    others: t.createCallerFactory(others),
  };
  const context = (): Context => {
    const { token, id } = next();
    return { caller: callerOf(token), id };
  };

  const viaFetch = async (router: typeof routers.asking, path: string): Promise<string> => {
    const request = new Request(`http://localhost/${path}`, { headers: { authorization: `Bearer ${next().token}` } });
    const response = await fetchRequestHandler({ endpoint: '', req: request, router, createContext: sessionsContext });
    return response.text();
  };

  const agent = new Agent({ keepAlive: true });
  const servers: Server[] = [];
  const overHttp = async (router: typeof routers.asking): Promise<(path: string) => Promise<string>> => {
    const handler = createHTTPHandler({ router, createContext: sessionsContext });
    const server = createServer((request, response) => handler(request, response));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return (path) =>
      new Promise((resolve, reject) => {
        const headers = { authorization: `Bearer ${next().token}` };
        const sent = httpRequest({ port, path: `/${path}`, agent, headers }, (response) => {
          let body = '';
          response.on('data', (chunk) => (body += String(chunk)));
          response.on('end', () => resolve(body));
        });
        sent.on('error', reject);
        sent.end();
      });
  };
  const http = { asking: await overHttp(routers.asking), cached: await overHttp(routers.cached) };
  const ten = (name: string): string => Array.from({ length: 10 }, () => name).join(',');

  const groups = {
    'a query by createCaller': [
      { name: 'floor: no session', run: () => call.asking(context()).open() },
      { name: 'a middleware that does nothing', run: () => call.others(context()).passing() },
      { name: 'a middleware that does the work of the SQLite floor', run: () => call.others(context()).floor() },
      { name: 'trpc-sessions', run: () => call.asking(context()).mine() },
      { name: 'trpc-sessions, cache and bus', run: () => call.cached(context()).mine() },
      { name: 'a middleware that calls better-auth getSession', run: () => call.others(context()).peer() },
    ],
    'a query by the fetch adapter': [
      { name: 'floor: no session', run: () => viaFetch(routers.asking, 'open') },
      { name: 'trpc-sessions', run: () => viaFetch(routers.asking, 'mine') },
      { name: 'trpc-sessions, cache and bus', run: () => viaFetch(routers.cached, 'mine') },
    ],
    'a query over HTTP': [
      { name: 'floor: no session', run: () => http.asking('open') },
      { name: 'trpc-sessions', run: () => http.asking('mine') },
      { name: 'trpc-sessions, cache and bus', run: () => http.cached('mine') },
    ],
    'a batch of ten over HTTP': [
      { name: 'floor: no session', run: () => http.asking(`${ten('open')}?batch=1&input={}`) },
      { name: 'trpc-sessions', run: () => http.asking(`${ten('mine')}?batch=1&input={}`) },
    ],
  };
  return {
    groups,
    close() {
      agent.destroy();
      for (const server of servers) server.close();
    },
  };
}

import SqliteDatabase from 'better-sqlite3';
import type { PasswordCredentials, SessionsRouter } from '@trpc-sessions/server';
import { createElement, type ReactElement } from 'react';
import { renderToString } from 'react-dom/server';
import { loadBesideTRPC10, loadCopies, loadOlder, type Copy } from './copies.ts';

// An app whose packages come from several copies, in each mix of a table. Prints the mixes in which something differs.

/** Where a package can come from a copy of its own. */
const parts = ['manager', 'plugin', 'context', 'router', 'adapter', 'link', 'headers', 'trpcClient'] as const;
type Part = (typeof parts)[number];

async function answersOf(copyOf: (part: Part) => Copy): Promise<unknown> {
  const { Kysely, SqliteDialect } = copyOf('manager').kysely;
  const db = new Kysely<object>({ dialect: new SqliteDialect({ database: new SqliteDatabase(':memory:') }) });
  const { createSessionManager, migrateToLatest } = copyOf('manager').core;
  await migrateToLatest(db);
  const manager = createSessionManager({ db, keys: 'a secret of more than thirty-two bytes' });
  const sessions = copyOf('plugin').server.createSessionsPlugin({
    manager,
    authenticate: ({ username }) => ({ id: username }),
  });

  const { sessionsContext, sessionErrorFormatter } = copyOf('context').server;
  const builder = copyOf('router').trpc.initTRPC.context<ReturnType<typeof sessionsContext>>();
  // tRPC before 11.22 has no `.errors()`.
  const t =
    'errors' in builder.create().procedure
      ? builder.create()
      : builder.create({ errorFormatter: sessionErrorFormatter });
  const procedure = t.procedure.concat(sessions.authenticated);
  const { SessionError } = copyOf('context').core;
  const router = t.router({
    auth: sessions.router,
    me: procedure.query(({ ctx }) => ctx.userId),
    fresh: procedure.query(() => {
      throw new SessionError('fresh_session_required');
    }),
  });

  const { memoryTokenStore } = copyOf('trpcClient').client;
  const tokens = memoryTokenStore();
  const trpc = copyOf('trpcClient').trpcClient.createTRPCClient<typeof router>({
    links: [
      copyOf('link').client.sessionLink({ at: 'auth', tokens }),
      copyOf('adapter').trpcClient.httpLink({
        url: 'http://localhost/trpc',
        headers: copyOf('headers').client.sessionHeaders(tokens),
        fetch: (url, init) =>
          copyOf('adapter').adapter.fetchRequestHandler({
            endpoint: '/trpc',
            router,
            // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- tRPC requires less of a request than the platform has
            req: new Request(url, init as RequestInit),
            createContext: (opts) => sessionsContext(opts),
          }),
      }),
    ],
  });
  const { sessionErrorReason } = copyOf('headers').client;
  const reasonOf = (call: Promise<unknown>) => call.then(() => 'none', sessionErrorReason);

  const { token } = await trpc.auth.login.mutate({ username: 'ada', password: 'lovelace' });
  const isKept = tokens.get() === token;
  const user = await trpc.me.query();
  const reasons = [await reasonOf(trpc.fresh.query())];
  await manager.revokeAll('ada');
  reasons.push(await reasonOf(trpc.me.query()));
  const held = tokens.get();
  reasons.push(await reasonOf(trpc.me.query()));
  await db.destroy();
  return { isKept, user, reasons, held };
}

const copies = await loadCopies();
const [first] = copies;
const mixes = copies.flatMap((most) =>
  copies.flatMap((other) => parts.map((part) => ({ part, most, other })).slice(0, other === most ? 1 : parts.length)),
);
const results: Record<string, readonly string[]> = {};
for (const { part, most, other } of mixes) {
  const answers = await answersOf((each) => (each === part ? other : most)).catch(String);
  const text = JSON.stringify(answers);
  results[text] = [
    ...(results[text] ?? []),
    `${part} of ${copies.indexOf(other)}, all else of ${copies.indexOf(most)}`,
  ];
}
const different = (Object.keys(first ?? {}) as readonly (keyof Copy)[]).filter(
  (name) => new Set(copies.map((copy) => copy[name])).size === copies.length,
);
/** Renders a hook of one copy in the provider of another. TanStack Query has a context in each format. */
function statusIn(provider: Copy, hooks: Copy): string {
  const tokens = provider.client.memoryTokenStore();
  const client = provider.trpcClient.createTRPCClient<SessionsRouter<PasswordCredentials>>({ links: [] });
  const Status = () => `${hooks.react.useSession().status} ${hooks.react.useSessions().isPending}`;
  const inside = createElement(provider.react.SessionProvider, { client, tokens }, createElement(Status));
  const inBoth = copies.reduce((children, { query }) => {
    return createElement(query.QueryClientProvider, { client: new query.QueryClient() }, children);
  }, inside as ReactElement);
  return renderToString(inBoth);
}

const statuses = copies.flatMap((provider) => copies.map((hooks) => statusIn(provider, hooks)));

const older: Record<string, unknown> = {};
for (const [release, copy] of await loadOlder()) older[release] = await answersOf(() => copy).catch(String);
const tooOld = await loadBesideTRPC10()
  .then(({ createSessionsPlugin }) => createSessionsPlugin(Object.create(null)))
  .catch(String);
process.stdout.write(JSON.stringify({ different, results, statuses, older, tooOld }));
process.exit();

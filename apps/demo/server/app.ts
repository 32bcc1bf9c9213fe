import { createServer, type Server } from 'node:http';
import { createSessionManager, migrateToLatest, type SessionManager } from '@trpc-sessions/core';
import { sessionsContext, type TrustProxy } from '@trpc-sessions/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import sirv from 'sirv';
import { checkConnection, openDatabase } from './database.ts';
import { pageHeaders, procedureHeaders } from './headers.ts';
import { errorLine } from './error-line.ts';
import { connectNodes } from './nodes.ts';
import { createAppRouter } from './router.ts';
import { addSamples } from './samples.ts';
import { createTables } from './schema.ts';
import { addSeededUser, removeSeededUser } from './users.ts';

export interface DemoOptions {
  readonly databaseUrl: string;
  /** Redis, for the bus between several processes. @defaultValue PostgreSQL if that is the database; otherwise it has one process */
  readonly redisUrl?: string | undefined;
  readonly secret: string;
  readonly trustProxy?: TrustProxy;
  /** Whether to add the user `admin` / `admin`. Otherwise a user with this password is removed. */
  readonly seed: boolean;
  /** Whether `admin` has sample sessions of other devices, for screenshots. It needs `seed`. @defaultValue `false` */
  readonly samples?: boolean | undefined;
}

export interface Demo {
  readonly server: Server;
  readonly manager: SessionManager;
  close(): Promise<void>;
}

/** Creates the demo: database, session manager, router, HTTP server. The server does not listen yet. */
export async function createDemo(options: DemoOptions): Promise<Demo> {
  const { databaseUrl, redisUrl, secret, trustProxy, seed, samples = false } = options;
  // A wrong option fails here, not in each request.
  sessionsContext({}, { trustProxy });
  const db = openDatabase(databaseUrl);
  await checkConnection(db);
  await createTables(db);
  await migrateToLatest(db);

  const nodes = connectNodes(databaseUrl, redisUrl);
  const manager = createSessionManager({
    db,
    bus: nodes.bus,
    cache: nodes.cache,
    keys: secret,
    issuer: 'trpc-sessions-demo',
    lifetime: '30d',
    idleTimeout: '14d',
    maxSessionsPerUser: 20,
  });
  const logFault = (task: string, error: unknown): void => console.warn(`${task}: ${errorLine(error)}`);
  manager.on('fault', ({ task, error }) => logFault(task, error));
  if (seed) {
    const { id } = await addSeededUser(db);
    if (samples) await addSamples(db, id, secret);
  } else {
    await removeSeededUser(db, manager);
  }
  // The later runs report their faults by the event.
  manager.purgeExpired({ schedule: '1h' }).catch((error: unknown) => logFault('purge', error));

  const trpc = createHTTPHandler({
    router: createAppRouter({ db, manager, secret, samples, throttleStore: nodes.throttleStore }),
    basePath: '/trpc/',
    maxBodySize: 100_000,
    // Checking a password is slow on purpose: one request may not ask for hundreds.
    maxBatchSize: 50,
    createContext: (opts) => sessionsContext(opts, { trustProxy }),
    onError({ error, path }) {
      // A refusal is no fault.
      if (getHTTPStatusCodeFromError(error) >= 500) logFault(path ?? 'request', error);
    },
  });
  const page = sirv(new URL('../dist', import.meta.url).pathname, { single: true });
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/trpc/') === true) {
      response.setHeaders(procedureHeaders);
      trpc(request, response);
    } else {
      response.setHeaders(pageHeaders);
      page(request, response);
    }
  });

  return {
    server,
    manager,
    async close() {
      server.close();
      // Event streams do not end by themselves.
      server.closeAllConnections();
      await manager.close();
      await nodes.close();
      await db.destroy();
    },
  };
}

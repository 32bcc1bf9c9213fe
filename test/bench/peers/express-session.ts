import { createHmac } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import createPostgresStore from 'connect-pg-simple';
import session from 'express-session';
import type pg from 'pg';
import { secret } from '../floor.ts';
import type { Candidate } from '../measure.ts';
import { openFile, type BenchFile } from '../sqlite.ts';
import { cycle } from '../tokens.ts';

interface ExpressSessions {
  readonly middleware: (request: IncomingMessage, response: unknown, next: (error?: unknown) => void) => void;
  readonly cookies: readonly string[];
  /** Of a request that has passed the middleware. */
  readonly userIdOf: (request: IncomingMessage) => string | null;
}

/** express-session with a minimal store on prepared statements, equivalent to its adapters for SQLite. */
export function createExpressSessions({ file }: Pick<BenchFile, 'file'>, sampleCount: number): ExpressSessions {
  const database = openFile(`${file}.express-session.db`);
  database.exec('create table session (id text primary key, data text not null)');
  const read = database.prepare<[string], { data: string }>('select data from session where id = ?');
  const write = database.prepare('insert or replace into session values (?, ?)');

  class Store extends session.Store {
    get(id: string, callback: (error: unknown, data?: session.SessionData | null) => void): void {
      const row = read.get(id);
      callback(null, row === undefined ? null : JSON.parse(row.data));
    }
    set(id: string, data: session.SessionData, callback?: (error?: unknown) => void): void {
      write.run(id, JSON.stringify(data));
      callback?.();
    }
    destroy(_: string, callback?: (error?: unknown) => void): void {
      callback?.();
    }
  }

  const ids = idsOf(sampleCount);
  for (const id of ids) write.run(id, dataOfAda);
  return createSessions(new Store(), ids);
}

/** The same as one call. */
export async function createExpressSession(bench: BenchFile, sampleCount: number): Promise<Candidate> {
  return candidateOf('express-session', createExpressSessions(bench, sampleCount));
}

/** express-session on PostgreSQL, with the store that is used most. */
export async function createExpressSessionOnPostgres(pool: pg.Pool, sampleCount: number): Promise<Candidate> {
  // As its table.sql, whose constraint has the name of a constraint of better-auth.
  await pool.query(`
    create table express_session (sid varchar primary key, sess json not null, expire timestamp(6) not null);
    create index on express_session (expire);
  `);
  const Store = createPostgresStore(session);
  const store = new Store({ pool, tableName: 'express_session', pruneSessionInterval: false });
  const ids = idsOf(sampleCount);
  for (const id of ids) await writeSession(store, id);
  return candidateOf('express-session with connect-pg-simple', createSessions(store, ids));
}

function writeSession(store: session.Store, id: string): Promise<void> {
  return new Promise((resolve, reject) => {
    store.set(id, JSON.parse(dataOfAda), (error?: unknown) => {
      if (error === undefined || error === null) resolve();
      else reject(new Error('express-session', { cause: error }));
    });
  });
}

const dataOfAda = JSON.stringify({ cookie: { originalMaxAge: null, path: '/' }, userId: 'ada' });

const idsOf = (count: number): string[] => Array.from({ length: count }, (_, n) => `session${n}`);

function createSessions(store: session.Store, ids: readonly string[]): ExpressSessions {
  const middleware = session({ secret, store, resave: false, saveUninitialized: false });
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its types are those of Express
    middleware: middleware as unknown as ExpressSessions['middleware'],
    cookies: ids.map((id) => {
      const signature = createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '');
      return `connect.sid=${encodeURIComponent(`s:${id}.${signature}`)}`;
    }),
    userIdOf: (request) => (request as { session?: { userId?: string } }).session?.userId ?? null,
  };
}

function candidateOf(name: string, { middleware, cookies, userIdOf }: ExpressSessions): Candidate {
  const next = cycle(cookies);
  const socket = new Socket();
  return {
    name,
    run: () =>
      new Promise((resolve, reject) => {
        const request = Object.assign(new IncomingMessage(socket), { url: '/', originalUrl: '/', method: 'GET' });
        request.headers.cookie = next();
        middleware(request, new ServerResponse(request), (error?: unknown) => {
          if (error === undefined) resolve(userIdOf(request));
          else reject(new Error('express-session', { cause: error }));
        });
      }),
  };
}

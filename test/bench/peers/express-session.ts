import { createHmac } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import session from 'express-session';
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

  const middleware = session({ secret, store: new Store(), resave: false, saveUninitialized: false });
  const cookies = Array.from({ length: sampleCount }, (_, n) => {
    const id = `session${n}`;
    write.run(id, JSON.stringify({ cookie: { originalMaxAge: null, path: '/' }, userId: 'ada' }));
    const signature = createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '');
    return `connect.sid=${encodeURIComponent(`s:${id}.${signature}`)}`;
  });
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its types are those of Express
    middleware: middleware as unknown as ExpressSessions['middleware'],
    cookies,
    userIdOf: (request) => (request as { session?: { userId?: string } }).session?.userId ?? null,
  };
}

/** The same as one call. */
export async function createExpressSession(bench: BenchFile, sampleCount: number): Promise<Candidate> {
  const { middleware, cookies, userIdOf } = createExpressSessions(bench, sampleCount);
  const next = cycle(cookies);
  const socket = new Socket();
  return {
    name: 'express-session',
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

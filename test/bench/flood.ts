import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism, loadavg } from 'node:os';
import { createSessionManager, migrateToLatest, type SessionsDatabase } from '@trpc-sessions/core';
import { hashPassword, verifyPassword } from '@trpc-sessions/core/password';
import { createSessionsPlugin, sessionsContext, type SessionsContext } from '@trpc-sessions/server';
import { initTRPC } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { secret } from './floor.ts';
import { quantile } from './measure.ts';

// How much longer a protected query takes while 200 sign-ins with wrong passwords are under way. The server, the flood and the
// queries have a process each. Quiet turns and turns with a flood follow one another.
//
//   node --conditions=@trpc-sessions/source test/bench/flood.ts

const parallel = 200;
/** Connections that query one after the other, with a pause in between: most of the time, the server is idle. */
const readers = 8;
const pause = 10;
const turn = 10_000;
const rounds = 2;

/** Who the sign-ins of a flood come from, and whom they guess at. */
const floods = {
  many: { name: '200 networks, each at an account of its own', of: (n: number) => n },
  one: { name: 'one network, at one account', of: () => 0 },
} as const;

const [role = 'bench', portText = ''] = process.argv.slice(2);
if (role === 'server') await serve();
else if (role === 'flood') flood(Number(portText));
else await bench();

async function serve(): Promise<void> {
  const db = new Kysely<SessionsDatabase>({
    dialect: new SqliteDialect({ database: new SqliteDatabase(':memory:') }),
  });
  await migrateToLatest(db);
  const manager = createSessionManager({ db, keys: secret });
  const stored = await hashPassword('lovelace-1815');
  const sessions = createSessionsPlugin({
    manager,
    authenticate: async ({ username, password }, request) =>
      (await verifyPassword(password, stored, request)) ? { id: username } : null,
  });
  const t = initTRPC.context<SessionsContext>().create();
  const router = t.router({
    auth: sessions.router,
    hello: t.procedure.concat(sessions.authenticated).query(({ ctx }) => ctx.session.userId),
  });
  const server = createServer(
    createHTTPHandler({ router, createContext: (opts) => sessionsContext(opts, { trustProxy: 1 }) }),
  );
  server.keepAliveTimeout = 0;
  const { token } = await manager.issue({ userId: 'ada' });
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port, token }));
  process.on('disconnect', () => process.exit());
}

/** Keeps its connections guessing from one message to the next. One that is refused waits as long as it has to, and others do not. */
function flood(port: number): void {
  const agent = new Agent({ keepAlive: true, maxSockets: parallel });
  const answers: Record<string, number> = {};
  let end = new AbortController();
  let round = 0;

  async function connection(n: number, kind: keyof typeof floods, { signal }: AbortController): Promise<void> {
    const of = floods[kind].of(n);
    for (let guess = 0; !signal.aborted; guess += 1) {
      const input = { username: `user ${round} ${of}`, password: `guess ${guess}` };
      const headers = { 'content-type': 'application/json', 'x-forwarded-for': `10.${round}.${of >> 8}.${of & 255}` };
      const { status, body } = await send(port, agent, '/auth.login', headers, JSON.stringify(input));
      answers[status] = (answers[status] ?? 0) + 1;
      const seconds = Number(/"retryAfter":(\d+)/.exec(body)?.[1] ?? 0);
      if (seconds > 0) await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    }
  }

  process.on('message', (kind: keyof typeof floods | 'stop') => {
    if (kind === 'stop') {
      end.abort();
      process.send?.({ ...answers });
      for (const status of Object.keys(answers)) delete answers[status];
      return;
    }
    round += 1;
    end = new AbortController();
    for (let n = 0; n < parallel; n += 1) void connection(n, kind, end);
    process.send?.('begun');
  });
  process.on('disconnect', () => process.exit());
}

async function bench(): Promise<void> {
  const here = new URL(import.meta.url);
  const start = (...args: string[]): ChildProcess => fork(here, args, { execArgv: [...process.execArgv] });
  const server = start('server');
  const [{ port, token }] = (await once(server, 'message')) as [{ port: number; token: string }];
  const flooder = start('flood', String(port));
  const agent = new Agent({ keepAlive: true, maxSockets: readers });
  const headers = { authorization: `Bearer ${token}` };

  async function query(duration: number): Promise<number[]> {
    const until = performance.now() + duration;
    const times: number[] = [];
    const connection = async (): Promise<void> => {
      while (performance.now() < until) {
        const sent = performance.now();
        const { status } = await send(port, agent, '/hello', headers);
        if (status !== 200) throw new Error(`the query was answered with ${status}`);
        times.push(performance.now() - sent);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    };
    await Promise.all(Array.from({ length: readers }, connection));
    return times;
  }

  await query(turn);
  for (const kind of Object.keys(floods) as (keyof typeof floods)[]) {
    const quiet: number[] = [];
    const flooded: number[] = [];
    const counts: Record<string, number> = {};
    for (let round = 0; round < rounds; round += 1) {
      quiet.push(...(await query(turn)));
      flooder.send(kind);
      await once(flooder, 'message');
      flooded.push(...(await query(turn)));
      flooder.send('stop');
      const [answers] = (await once(flooder, 'message')) as [Record<string, number>];
      for (const [status, n] of Object.entries(answers)) counts[status] = (counts[status] ?? 0) + n;
      // Those that wait for a hash are answered before the next turn.
      await new Promise((resolve) => setTimeout(resolve, 6000));
    }
    const p99s = [quiet, flooded].map((times) => quantile(times, 0.99));
    const medians = [quiet, flooded].map((times) => quantile(times, 0.5));
    const [before = 0, during = 0] = p99s;
    console.log(
      `${floods[kind].name}: p99 ${before.toFixed(1)} -> ${during.toFixed(1)} ms, ${(during / before).toFixed(2)} times; ` +
        `median ${medians.map((each) => each.toFixed(1)).join(' -> ')} ms; answers ${JSON.stringify(counts)}`,
    );
  }
  console.log(`${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}`);
  agent.destroy();
  server.disconnect();
  flooder.disconnect();
}

function send(
  port: number,
  agent: Agent,
  path: string,
  headers: Record<string, string>,
  body?: string,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, agent, path, method: body === undefined ? 'GET' : 'POST', headers },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

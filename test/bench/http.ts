import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { createSessionManager } from '@trpc-sessions/core';
import { secret } from './floor.ts';
import { quantile, shuffled } from './measure.ts';
import type { BenchFile } from './sqlite.ts';
import { createSamples, cycle, type Sample } from './tokens.ts';

/** One server under load. */
export interface HttpTiming {
  readonly name: string;
  /** In microseconds a request, of the server's process: the median of the rounds. */
  readonly cpu: number;
  /** The cost beyond that of the open call of the same round. */
  readonly added: number;
  readonly perSecond: number;
  /** In milliseconds. */
  readonly p99: number;
}

const names: Readonly<Record<string, string>> = {
  open: 'an open call',
  byHand: 'by hand: createHmac, JSON.parse, prepared SELECT',
  readme: "trpc-sessions, the README's lines",
  kysely: 'trpc-sessions, a plain Kysely',
  cached: 'trpc-sessions, cache and bus',
  expressSession: 'express-session',
  betterAuth: 'better-auth getSession',
  betterAuthCached: 'better-auth getSession, cookie cache',
};

const connections = 32;

export interface HttpOptions {
  readonly rounds: number;
  /** How long a turn is, in milliseconds. */
  readonly turn: number;
  /** The options of Node for the servers. @defaultValue those of this process */
  readonly execArgv?: readonly string[];
}

interface Target {
  readonly child: ChildProcess;
  readonly agent: Agent;
  readonly port: number;
  readonly headers: () => Record<string, string>;
}

interface Round {
  readonly cpu: number;
  readonly perSecond: number;
  readonly p99: number;
}

/**
 * Measures an empty query of tRPC over HTTP, on connections that are kept alive. Each server runs in a process of its own, and
 * they take turns, in an order that is shuffled in each round.
 */
export async function overHttp(
  bench: BenchFile,
  { rounds, turn, execArgv = process.execArgv }: HttpOptions,
): Promise<HttpTiming[]> {
  const samples = await createSamples(createSessionManager({ db: bench.own, keys: secret }), 1000);
  const targets = new Map<string, Target>();
  for (const kind of Object.keys(names)) targets.set(kind, await start(kind, bench.file, samples, execArgv));
  const results = new Map<string, Round[]>(Object.keys(names).map((kind) => [kind, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [kind, target] of shuffled([...targets])) {
      await load(target, turn / 2);
      results.get(kind)?.push(await load(target, turn));
    }
  }
  for (const { child, agent } of targets.values()) {
    agent.destroy();
    child.disconnect();
  }
  return timingsOf(results);
}

async function start(
  kind: string,
  file: string,
  samples: readonly Sample[],
  execArgv: readonly string[],
): Promise<Target> {
  const child = fork(new URL('http-server.ts', import.meta.url), [kind, file], { execArgv: [...execArgv] });
  const [{ port, cookies }] = (await once(child, 'message')) as [{ port: number; cookies?: readonly string[] }];
  const nextSample = cycle(samples);
  const nextCookie = cycle(cookies ?? ['']);
  return {
    child,
    port,
    agent: new Agent({ keepAlive: true, maxSockets: connections }),
    headers() {
      if (cookies !== undefined) return { cookie: nextCookie() };
      const { token, id } = nextSample();
      return { authorization: `Bearer ${token}`, 'x-session-id': id };
    },
  };
}

/** Keeps as many requests under way as there are connections. */
async function load(target: Target, turn: number): Promise<Round> {
  const before = await cpuOf(target);
  const begun = performance.now();
  const times: number[] = [];
  const connection = async (): Promise<void> => {
    while (performance.now() - begun < turn) {
      const sent = performance.now();
      await send(target);
      times.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: connections }, connection));
  const seconds = (performance.now() - begun) / 1000;
  return {
    cpu: ((await cpuOf(target)) - before) / times.length,
    perSecond: times.length / seconds,
    p99: quantile(times, 0.99),
  };
}

async function cpuOf({ child }: Target): Promise<number> {
  child.send('cpu');
  const [{ cpu }] = (await once(child, 'message')) as [{ cpu: number }];
  return cpu;
}

function send({ port, agent, headers }: Target): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ port, host: '127.0.0.1', path: '/hello', agent, headers: headers() }, (response) => {
      response.resume();
      if (response.statusCode === 200) response.on('end', resolve);
      else reject(new Error(`the server answered ${String(response.statusCode)}`));
    });
    sent.on('error', reject);
    sent.end();
  });
}

function timingsOf(results: ReadonlyMap<string, readonly Round[]>): HttpTiming[] {
  const open = results.get('open') ?? [];
  return [...results].map(([kind, own]) => {
    const median = (valueOf: (round: Round, index: number) => number): number => quantile(own.map(valueOf), 0.5);
    return {
      name: names[kind] ?? kind,
      cpu: median(({ cpu }) => cpu),
      added: median(({ cpu }, round) => cpu - (open[round]?.cpu ?? Number.NaN)),
      perSecond: median(({ perSecond }) => perSecond),
      p99: median(({ p99 }) => p99),
    };
  });
}

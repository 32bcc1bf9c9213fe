import type { D1 } from './d1.ts';
import { installMiniflare } from './runtimes.ts';

/** Cloudflare's D1 in a workerd, for a test that runs in Node. */
export interface D1Server extends AsyncDisposable {
  /** Its databases, all of them empty. */
  readonly databases: readonly D1[];
}

interface Query {
  readonly database: string;
  readonly sql: string;
  readonly values: readonly unknown[];
}

type Answer = { results: unknown[]; meta: { changes: number } } | { error: string };

/** A Worker that runs a query and answers with its result. */
const worker = `export default {
  async fetch(request, env) {
    const { database, sql, values } = await request.json();
    try {
      return Response.json(await env[database].prepare(sql).bind(...values).all());
    } catch (error) {
      return Response.json({ error: error.message });
    }
  },
};`;

/** Starts workerd with a number of databases. */
export async function startD1(count: number): Promise<D1Server> {
  const { Miniflare } = await installMiniflare();
  const names = Array.from({ length: count }, (_, index) => `DB${index}`);
  const miniflare = new Miniflare({
    modules: [{ type: 'ESModule', path: 'worker.mjs', contents: worker }],
    compatibilityDate: '2026-07-01',
    d1Databases: names,
    host: '127.0.0.1',
    port: 0,
  });
  const url = await miniflare.ready;

  async function run(query: Query) {
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(query) });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the Worker above
    const answer = (await response.json()) as Answer;
    if ('error' in answer) throw new Error(answer.error);
    return answer;
  }

  return {
    databases: names.map((database) => ({
      prepare: (sql) => ({ bind: (...values) => ({ all: () => run({ database, sql, values }) }) }),
    })),
    [Symbol.asyncDispose]: () => miniflare.dispose(),
  };
}

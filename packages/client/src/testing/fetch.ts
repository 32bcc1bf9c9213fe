import type { getFetch } from '@trpc/client';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';

type Fetch = ReturnType<typeof getFetch>;

/** A `fetch` without a browser's origin checks. happy-dom's own also logs every failure. */
export const testFetch: Fetch = async (url, init) => answerOf(await send(url, init));

/** A `fetch` for the pages of one browser: it keeps their cookies, and sends the header of a same-origin page. */
export function browserFetch(cookies: Map<string, string>): Fetch {
  return async (url, init = {}) => {
    const headers = Object.fromEntries(new Headers(init.headers));
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
    const response = await send(url, { ...init, headers: { ...headers, cookie, 'sec-fetch-site': 'same-origin' } });
    for (const set of response.headers['set-cookie'] ?? []) {
      const [name = '', value = ''] = set.split(/[=;]/);
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    return answerOf(response);
  };
}

async function send(url: Parameters<Fetch>[0], init: Parameters<Fetch>[1] = {}): Promise<IncomingMessage> {
  const headers = Object.fromEntries(new Headers(init.headers));
  // An event source passes a URL.
  const target = typeof url === 'string' ? url : new URL(url instanceof URL ? url.href : url.url);
  const sent = request(target, { method: init.method ?? 'GET', headers });
  init.signal?.addEventListener('abort', () => sent.destroy(new Error('Aborted')));
  // A stream is aborted after its response has begun.
  sent.on('error', () => {});
  sent.end(init.body);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the type of this event in node:http
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return response;
}

function answerOf(response: IncomingMessage): Awaited<ReturnType<Fetch>> {
  const { statusCode: status = 0 } = response;
  // With all that an event source reads.
  const answer = {
    ok: status === 200,
    status,
    url: '',
    redirected: false,
    headers: { get: (name: string) => response.headers[name]?.toString() ?? null },
    json: () => json(response),
    get body() {
      return Readable.toWeb(response);
    },
  };
  return answer;
}

import type { getFetch } from '@trpc/client';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';

/** A `fetch` without a browser's origins, and without the noise that happy-dom's makes of every failure. */
export const testFetch: ReturnType<typeof getFetch> = async (url, init = {}) => {
  if (typeof url !== 'string') throw new TypeError('url: expected a text');
  const headers = Object.fromEntries(new Headers(init.headers));
  const sent = request(url, { method: init.method ?? 'GET', headers });
  init.signal?.addEventListener('abort', () => sent.destroy(new Error('Aborted')));
  sent.end(init.body);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what node:http says of this event
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { ok: response.statusCode === 200, json: () => json(response) };
};

import { getFetch } from '@trpc/client';
import type { EventSourceInit, FetchLikeResponse } from 'eventsource';

/** What the event source of a subscription is made with. */
export interface SubscriptionRequest {
  readonly fetch: Parameters<typeof getFetch>[0];
  /** Asked anew at each reconnect: the token may be another one by then. */
  readonly headers: () => Promise<Headers>;
}

/** Options for an event source that sends headers, as the browser's own cannot: a token has no place in a URL. */
export function eventSourceOptions(request: SubscriptionRequest): EventSourceInit {
  return {
    async fetch(url, init) {
      const headers = { ...Object.fromEntries(await request.headers()), ...init.headers };
      const response: object = await getFetch(request.fetch)(url, { ...init, headers });
      if (!isFullResponse(response)) throw new TypeError('fetch: return a whole Response, with its status and headers');
      // Within a stream, tRPC takes a failing server for a reason to connect anew. Before there is one, so do we.
      if (response.status >= 500) throw new Error(`The server answered with ${response.status}`);
      return (await refusalAsEvent(response)) ?? response;
    },
  };
}

/** A response as the `Response` of the platform has it; tRPC asks less of a `fetch`. */
type FullResponse = FetchLikeResponse & Pick<Response, 'json'>;

function isFullResponse(response: object): response is FullResponse {
  return 'status' in response && 'headers' in response && 'json' in response;
}

/**
 * What is refused before there is a stream, by tRPC (no such procedure) or by a guard in front of it, comes as a 4xx with
 * the error as JSON. An event source never reads that: hand it over as the event that tRPC sends within a stream.
 */
async function refusalAsEvent(response: FullResponse): Promise<Response | undefined> {
  if (response.status < 400 || response.status > 499) return undefined;
  if (!response.headers.get('content-type')?.startsWith('application/json')) return undefined;
  const body: unknown = await response.json().catch(() => null);
  if (typeof body !== 'object' || body === null || !('error' in body)) return undefined;
  if (typeof body.error !== 'object' || body.error === null) return undefined;
  const event = `event: serialized-error\ndata: ${JSON.stringify(body.error)}\n\n`;
  return new Response(event, { headers: { 'content-type': 'text/event-stream' } });
}

import { getFetch } from '@trpc/client';
import type { EventSourceInit, FetchLikeResponse } from 'eventsource';

/** The request of a subscription. */
export interface SubscriptionRequest {
  readonly fetch: Parameters<typeof getFetch>[0];
  /** Called at each reconnect: the token may have changed. */
  readonly headers: () => Promise<Headers>;
}

/** Options of an event source that sends headers. The browser's own cannot, and a token must not be in a URL. */
export function eventSourceOptions(request: SubscriptionRequest): EventSourceInit {
  return {
    async fetch(url, init) {
      const headers = { ...Object.fromEntries(await request.headers()), ...init.headers };
      const response: object = await getFetch(request.fetch)(url, { ...init, headers });
      if (!isFullResponse(response)) throw new TypeError('fetch: return a whole Response, with its status and headers');
      // Within a stream, tRPC reconnects after a server error. Before the stream has begun, we do the same.
      if (response.status >= 500) throw new Error(`The server answered with ${response.status}`);
      return (await refusalAsEvent(response)) ?? response;
    },
  };
}

/** The platform's `Response`; tRPC requires less of a `fetch`. */
type FullResponse = FetchLikeResponse & Pick<Response, 'json'>;

function isFullResponse(response: object): response is FullResponse {
  return 'status' in response && 'headers' in response && 'json' in response;
}

/**
 * tRPC (no such procedure), or a guard in front of it, may refuse before the stream begins: a 4xx with the error as
 * JSON. An event source does not read such a body, so return it as the event that tRPC sends within a stream.
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

import { createTRPCClient } from '@trpc/client';
import superjson from 'superjson';
import { beforeEach, describe, expect, test } from 'vitest';
import { sessionErrorReason } from '../errors.ts';
import { connect, lookalike, nested, outcomeOf, refused } from '../testing/procedures.ts';
import { serve, type TestServer } from '../testing/server.ts';
import { memoryTokenStore } from '../tokens/memory.ts';
import type { TokenStore } from '../tokens/token-store.ts';
import { sessionLinks } from './session-links.ts';

let tokens: TokenStore;

beforeEach(() => {
  refused.clear();
  tokens = memoryTokenStore('a');
});

/** Waits until another subscription has reconnected: one that reconnects has done so too. */
async function untilAnotherReconnects(server: TestServer): Promise<void> {
  const requests = () => server.requests.filter(({ headers }) => headers.authorization === 'Bearer another');
  const subscription = connect(server, memoryTokenStore('another')).app.silent.subscribe(undefined, {
    onData: () => {},
  });
  await expect.poll(requests).toHaveLength(2);
  subscription.unsubscribe();
}

const requestsOfA = (server: TestServer) =>
  server.requests.filter(({ headers }) => headers.authorization === 'Bearer a');

describe('a subscription', () => {
  test('sends the token, and yields values through the transformer', async () => {
    await using server = await serve(nested);
    for await (const { data } of connect(server, tokens).app.silent.subscribe()) {
      expect(data).toEqual({ token: 'a', at: new Date(0) });
      break;
    }
    expect(server.requests[0]?.headers.authorization).toBe('Bearer a');
    expect(server.requests[0]?.headers.accept).toBe('text/event-stream');
  });

  test('that is refused ends with the reason, drops the token, and does not reconnect', async () => {
    await using server = await serve(nested);
    refused.set('a', 'revoked_session');
    const { data, error } = await outcomeOf((handlers) =>
      connect(server, tokens).app.silent.subscribe(undefined, handlers),
    );
    expect(data).toEqual([]);
    expect(sessionErrorReason(error)).toBe('revoked_session');
    expect(tokens.get()).toBeNull();
    await untilAnotherReconnects(server);
    expect(requestsOfA(server)).toHaveLength(1);
  });

  test('that a guard in front of tRPC refuses with a 401, before the stream begins, does the same', async () => {
    await using server = await serve(nested, {
      intercept(req, res) {
        if (req.headers.authorization !== 'Bearer a') return false;
        const data = { code: 'UNAUTHORIZED', httpStatus: 401, session: { reason: 'expired_token' } };
        const error = superjson.serialize({ code: -32001, message: 'refused', data });
        res.writeHead(401, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify({ error }));
        return true;
      },
    });
    const { error } = await outcomeOf((handlers) => connect(server, tokens).app.silent.subscribe(undefined, handlers));
    expect(sessionErrorReason(error)).toBe('expired_token');
    expect(tokens.get()).toBeNull();
    await untilAnotherReconnects(server);
    expect(requestsOfA(server)).toHaveLength(1);
  });

  test("to an unknown procedure ends with the server's error", async () => {
    await using server = await serve(lookalike);
    const { error } = await outcomeOf((handlers) => connect(server, tokens).app.silent.subscribe(undefined, handlers));
    expect(error).toMatchObject({ data: { code: 'NOT_FOUND' } });
  });

  test("that a gateway refuses in its own format ends with tRPC's error", async () => {
    await using server = await serve(nested, {
      intercept(_, res) {
        res.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"who are you?"}');
        return true;
      },
    });
    const { error } = await outcomeOf((handlers) => connect(server, tokens).app.silent.subscribe(undefined, handlers));
    expect(error).toMatchObject({ message: 'Non-200 status code (401)' });
    expect(tokens.get()).toBe('a');
  });

  test('that a gateway fails with a 5xx, before the stream begins, reconnects', async () => {
    let failures = 0;
    await using server = await serve(nested, {
      intercept(_, res) {
        failures += 1;
        if (failures > 1) return false;
        res.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>');
        return true;
      },
    });
    const states: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const subscription = connect(server, tokens).app.silent.subscribe(undefined, {
        onConnectionStateChange: ({ state, error }) => states.push(`${state} ${error?.message}`),
        onError: reject,
        onData() {
          subscription.unsubscribe();
          resolve();
        },
      });
    });
    expect(states).toContain('connecting The server answered with 502');
    expect(tokens.get()).toBe('a');
  });

  test('that is refused after its first value ends with the reason and drops the token', async () => {
    await using server = await serve(nested);
    const { data, error } = await outcomeOf((handlers) =>
      connect(server, tokens).app.cut.subscribe(undefined, handlers),
    );
    expect(data).toEqual(['a']);
    expect(sessionErrorReason(error)).toBe('revoked_session');
    expect(tokens.get()).toBeNull();
  });

  test('sends the current token at each reconnect, and resumes after the last event', async () => {
    await using server = await serve(nested);
    refused.set('c', 'idle_session');
    const { error } = await outcomeOf(
      (handlers) => connect(server, tokens).app.silent.subscribe(undefined, handlers),
      () => tokens.set(tokens.get() === 'a' ? 'b' : 'c'),
    );
    // On a slow machine it also reconnects before the first event.
    const sent = server.requests.map(({ headers }) => headers.authorization);
    expect([...new Set(sent)]).toEqual(['Bearer a', 'Bearer b', 'Bearer c']);
    expect(server.requests[sent.indexOf('Bearer b')]?.url).toContain('lastEventId');
    expect(sessionErrorReason(error)).toBe('idle_session');
    expect(tokens.get()).toBeNull();
  });

  test('whose old token is refused keeps the token of a login that finished in the meantime', async () => {
    await using server = await serve(nested, {
      createContext: (context) => {
        tokens.set('new');
        return context;
      },
    });
    refused.set('a', 'expired_token');
    const { error } = await outcomeOf((handlers) => connect(server, tokens).app.silent.subscribe(undefined, handlers));
    expect(sessionErrorReason(error)).toBe('expired_token');
    expect(tokens.get()).toBe('new');
  });

  test('whose fetch returns no whole response fails with an error that names fetch', async () => {
    const links = sessionLinks<typeof nested>({
      url: 'http://127.0.0.1',
      tokens,
      transformer: superjson,
      fetch: async () => ({ ok: true, json: async () => null }),
    });
    const states: string[] = [];
    const subscription = createTRPCClient<typeof nested>({ links }).app.silent.subscribe(undefined, {
      onConnectionStateChange: ({ error }) => states.push(error?.message ?? ''),
    });
    await expect.poll(() => states).toContain('fetch: return a whole Response, with its status and headers');
    subscription.unsubscribe();
  });
});

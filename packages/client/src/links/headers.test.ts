import { createTRPCClient, httpLink, type TRPCLink } from '@trpc/client';
import superjson from 'superjson';
import { expect, test } from 'vitest';
import { nested } from '../testing/procedures.ts';
import { serve } from '../testing/server.ts';
import { memoryTokenStore } from '../tokens/memory.ts';
import { sessionConnectionParams, sessionHeaders } from './headers.ts';
import { sessionLink } from './session-link.ts';

test('the token is not in the context of a call, which other links may print', async () => {
  await using server = await serve(nested);
  const tokens = memoryTokenStore('secret');
  const contexts: unknown[] = [];
  const printer: TRPCLink<typeof nested> =
    () =>
    ({ op, next }) => {
      contexts.push(op.context);
      return next(op);
    };
  const trpc = createTRPCClient<typeof nested>({
    links: [
      sessionLink({ at: 'auth', tokens }),
      printer,
      httpLink({ url: server.url, transformer: superjson, headers: sessionHeaders(tokens) }),
    ],
  });
  await trpc.app.me.query();
  expect(contexts).toHaveLength(1);
  expect(JSON.stringify(contexts)).not.toContain('secret');
});

test('a new WebSocket connection sends the current token, if there is one', () => {
  const tokens = memoryTokenStore();
  const params = sessionConnectionParams(tokens);
  expect(params()).toEqual({});
  tokens.set('a');
  expect(params()).toEqual({ token: 'a' });
});

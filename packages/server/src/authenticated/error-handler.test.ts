import { initTRPC, TRPCError } from '@trpc/server';
import { observable } from '@trpc/server/observable';
import { expect, test, vi } from 'vitest';
import type { SessionErrorFormatter } from '../errors.ts';
import { isStream } from '../live/streams.ts';
import { createErrorHandler } from './error-handler.ts';

const t = initTRPC.context<{ readonly requestId: string }>().create();
const error = new TRPCError({ code: 'FORBIDDEN', message: 'refused' });

function fail(): never {
  throw error;
}

async function* failLater(): AsyncGenerator<string> {
  yield 'first';
  fail();
}

const observeFailure = () => observable<string>((observer) => observer.error(error));

/** The same router: its errors are formatted by tRPC's `.errors()`, or by the handler in a middleware. */
function routerOf(procedure: typeof t.procedure) {
  return t.router({
    nested: t.router({
      query: procedure.query(fail),
      mutation: procedure.input((input: unknown) => input).mutation(fail),
      streamed: procedure.query(failLater),
      subscription: procedure.subscription(failLater),
      observed: procedure.subscription(observeFailure),
    }),
  });
}

function handled(formatError: SessionErrorFormatter): typeof t.procedure {
  const handler = createErrorHandler(formatError);
  return t.procedure.use(async ({ ctx, type, path, input, next }) => {
    const call = { ctx, type, path, input };
    const result = await next();
    if (!result.ok) return { ...result, error: await handler.format(call, result.error) };
    const { data } = result;
    return isStream(data, type) ? { ...result, data: await handler.formatStream(call, data) } : result;
  });
}

type Nested = ReturnType<ReturnType<typeof routerOf>['createCaller']>['nested'];

async function read(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

test.each<[string, (nested: Nested) => Promise<unknown>]>([
  ['a query', (nested) => nested.query()],
  ['a mutation with input', (nested) => nested.mutation({ sent: 1 })],
  ['a query that streams', async (nested) => read(await nested.streamed())],
  ['a subscription', async (nested) => read(await nested.subscription())],
  [
    'a subscription of an observable',
    async (nested) => {
      const observed: unknown = await nested.observed();
      const { promise, reject } = Promise.withResolvers<void>();
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `createCaller` is typed for iterables
      (observed as ReturnType<typeof observeFailure>).subscribe({ error: reject });
      return promise;
    },
  ],
])('formats the error of %s from the same facts as tRPC’s `.errors()`', async (_, call) => {
  const format = vi.fn<SessionErrorFormatter>(() => undefined);
  for (const procedure of [t.procedure.errors(format) as unknown as typeof t.procedure, handled(format)]) {
    const { nested } = routerOf(procedure).createCaller({ requestId: 'r1' });
    await expect(call(nested)).rejects.toBe(error);
  }
  expect(format).toHaveBeenCalledTimes(2);
  const [[byTrpc] = [], [byHandler] = []] = format.mock.calls;
  expect(byHandler).toMatchObject({ error, ctx: { requestId: 'r1' }, path: expect.stringMatching(/^nested\./) });
  expect(byHandler).toEqual({ ...byTrpc });
});

test('a handler that ran first keeps its shape', async () => {
  const first = createErrorHandler(({ shape }) => ({
    ...shape,
    message: 'first',
    data: { ...shape.data, session: { reason: 'missing_token' } },
  }));
  const second = vi.fn<SessionErrorFormatter>(() => undefined);
  const call = { ctx: {}, type: 'query', path: 'me', input: undefined } as const;
  const failed = await first.format(call, new TRPCError({ code: 'FORBIDDEN' }));
  expect(await createErrorHandler(second).format(call, failed)).toBe(failed);
  expect(second).not.toHaveBeenCalled();
});

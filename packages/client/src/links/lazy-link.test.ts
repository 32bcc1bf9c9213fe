import { createTRPCClient, httpLink, type TRPCLink } from '@trpc/client';
import superjson from 'superjson';
import { expect, test, vi } from 'vitest';
import { errorOf, nested } from '../testing/procedures.ts';
import { serve } from '../testing/server.ts';
import { lazyLink } from './lazy-link.ts';

type Link = TRPCLink<typeof nested>;

test('a lazy link loads once, for its first call', async () => {
  await using server = await serve(nested);
  const headers = { authorization: 'Bearer a' };
  const load = vi.fn(async (): Promise<Link> => httpLink({ url: server.url, transformer: superjson, headers }));
  const trpc = createTRPCClient<typeof nested>({ links: [lazyLink(load)] });
  expect(load).not.toHaveBeenCalled();
  expect(await Promise.all([trpc.app.me.query(), trpc.app.save.mutate()])).toEqual(['a', 'a']);
  expect(await trpc.app.me.query()).toBe('a');
  expect(load).toHaveBeenCalledOnce();
});

test('a lazy link that could not load fails the call, and loads again for the next call', async () => {
  await using server = await serve(nested);
  const headers = { authorization: 'Bearer a' };
  const load = vi
    .fn(async (): Promise<Link> => httpLink({ url: server.url, transformer: superjson, headers }))
    .mockRejectedValueOnce(new Error('offline'));
  const trpc = createTRPCClient<typeof nested>({ links: [lazyLink(load)] });
  expect(await errorOf(trpc.app.me.query())).toMatchObject({ name: 'TRPCClientError', message: 'offline' });
  expect(await trpc.app.me.query()).toBe('a');
});

test('a call that is stopped before the link has loaded is not sent', async () => {
  await using server = await serve(nested);
  const loaded = Promise.withResolvers<Link>();
  const trpc = createTRPCClient<typeof nested>({ links: [lazyLink(() => loaded.promise)] });
  const onComplete = vi.fn();
  trpc.app.silent.subscribe(undefined, { onComplete }).unsubscribe();
  const later = trpc.app.me.query();
  loaded.resolve(httpLink({ url: server.url, transformer: superjson, headers: { authorization: 'Bearer a' } }));
  expect(await later).toBe('a');
  expect(server.requests.map(({ url }) => url.split('?')[0])).toEqual(['/app.me']);
});

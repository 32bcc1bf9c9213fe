import { sessionErrorReason } from '@trpc-sessions/client';
import { tokens, trpcClient } from './app/apps/nextjs/src/trpc/client.ts';

/** A page of the same app in a browser, whose token is in a cookie. */
async function start(): Promise<unknown> {
  await trpcClient.auth.login.mutate({ username: 'ada', password: 'lovelace' });
  const { source } = await trpcClient.post.create.mutate({ body: 'From the page' });
  const sessions = await trpcClient.auth.sessions.list.query();
  const { revoked } = await trpcClient.auth.sessions.revokeOthers.mutate();
  const held = tokens.get();
  await trpcClient.auth.logout.mutate();
  const reason = await trpcClient.post.create.mutate({ body: 'No more' }).then(() => null, sessionErrorReason);
  return { source, sessions: sessions.length, revoked, isMark: held?.startsWith('cookie:'), reason };
}

Reflect.set(globalThis, 'start', start);

import { asyncTokenStore, sessionErrorReason, sessionLinks, type AsyncTokenStorage } from '@trpc-sessions/client';
import { createTRPCClient } from '@trpc/client';
import type { RuntimeRouter } from './app.ts';

// An Expo app: its storage returns promises, and outlives the app.

/** One start of the app, until it is closed. Returns how its calls ended. */
async function start(url: string, storage: AsyncTokenStorage, job: 'sign in' | 'come back'): Promise<unknown> {
  const tokens = asyncTokenStore(storage);
  const trpc = createTRPCClient<RuntimeRouter>({ links: sessionLinks({ url, at: 'auth', tokens }) });
  if (job === 'sign in') {
    await trpc.auth.login.mutate({ username: 'ada', password: 'right', device: { app: 'Notes', appVersion: '1.2' } });
    return trpc.hello.query();
  }
  const hello = await trpc.hello.query();
  const held = tokens.get();
  await trpc.auth.logout.mutate();
  tokens.set(held);
  const reason = await trpc.hello.query().then(() => null, sessionErrorReason);
  return { hello, reason, token: tokens.get() };
}

Reflect.set(globalThis, 'start', start);

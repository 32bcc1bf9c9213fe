import 'server-only';
import { isSessionError } from '@trpc-sessions/core';
import { sessionsContext } from '@trpc-sessions/server';
import { cookies, headers } from 'next/headers';
import { connection } from 'next/server';
import { cache } from 'react';
import { appRouter } from './sessions';

/** The caller of a render. Its calls share one look-up, as those of a batch do. It cannot set the cookie. */
export const getCaller = cache(async () => {
  await connection(); // never rendered ahead of a request
  const req = { method: 'GET', headers: await headers() };
  return appRouter.createCaller(sessionsContext({ req, info: { isBatchCall: true } }, { cookie: true }));
});

/** The session of a render, or `null` for a visitor. */
export const getSession = cache(async () => {
  try {
    return await (await getCaller()).auth.sessions.current();
  } catch (error) {
    if (error instanceof Error && isSessionError(error.cause)) return null;
    throw error;
  }
});

/** The context of a server action: it signs in and out, and the cookie goes into the jar of Next.js. */
export async function actionContext() {
  const jar = await cookies();
  const req = { method: 'POST', headers: await headers() };
  return sessionsContext({ req }, { cookie: { write: (...cookie) => void jar.set(...cookie) } });
}

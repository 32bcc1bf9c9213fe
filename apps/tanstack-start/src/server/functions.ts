import { redirect } from '@tanstack/react-router';
import { createServerFn } from '@tanstack/react-start';
import { getRequest, getRequestIP, setCookie, setResponseHeader } from '@tanstack/react-start/server';
import { isSessionError } from '@trpc-sessions/core';
import { sessionsContext } from '@trpc-sessions/server';
import { appRouter, sessions } from './sessions';

/** The context of a server function: the cookie goes into the jar of TanStack Start. No cache keeps its answer. */
function context() {
  setResponseHeader('cache-control', 'no-store');
  return sessionsContext({ req: getRequest() }, { cookie: { write: setCookie }, ip: getRequestIP() ?? null });
}

/** The session of a render, or `null` for a visitor. */
export const getSession = createServerFn().handler(async () => {
  try {
    return await appRouter.createCaller(context()).auth.sessions.current();
  } catch (error) {
    if (error instanceof Error && isSessionError(error.cause)) return null;
    throw error;
  }
});

export const signIn = createServerFn({ method: 'POST' })
  .validator((form: FormData) => form)
  .handler(async ({ data: form }) => {
    const credentials = { username: String(form.get('username')), password: String(form.get('password')) };
    try {
      await appRouter.createCaller(context()).auth.login(credentials);
    } catch (error) {
      if (error instanceof Error && isSessionError(error.cause)) return 'Wrong username or password.';
      throw error;
    }
    throw redirect({ to: '/' });
  });

export const signOut = createServerFn({ method: 'POST' }).handler(async () => {
  await sessions.signOut(context());
  throw redirect({ to: '/login' });
});

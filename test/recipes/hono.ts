import { isSessionError, type SessionManager } from '@trpc-sessions/core';
import { jwksHandler, sessionsContext } from '@trpc-sessions/server';
import { Hono } from 'hono';

export function createApp(manager: SessionManager): Hono {
  const app = new Hono();
  app.get('/me', async (c) => {
    const { caller } = sessionsContext({ req: c.req.raw }, { cookie: true, ip: null });
    const { session } = await manager.verify(caller.token, caller);
    return c.json({ userId: session.userId });
  });
  app.get('/.well-known/jwks.json', jwksHandler(manager));
  app.onError((error, c) => {
    if (isSessionError(error)) return c.json({ reason: error.reason }, 401);
    throw error;
  });
  return app;
}

import { isSessionError, type SessionManager } from '@trpc-sessions/core';
import { sessionsContext } from '@trpc-sessions/server';
import express, { type Express } from 'express';

export function createApp(manager: SessionManager): Express {
  const app = express();
  app.get('/me', async (req, res) => {
    const { caller } = sessionsContext({ req, res }, { cookie: true });
    const { session } = await manager.verify(caller.token, caller);
    res.json({ userId: session.userId });
  });
  app.get('/.well-known/jwks.json', (_, res) => res.json(manager.publicKeys()));
  app.use((error: unknown, _: express.Request, res: express.Response, next: express.NextFunction) => {
    if (isSessionError(error)) res.status(401).json({ reason: error.reason });
    else next(error);
  });
  return app;
}

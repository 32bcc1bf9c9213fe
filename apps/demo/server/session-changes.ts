import { EventEmitter, on } from 'node:events';
import { SessionError, type SessionManager } from '@trpc-sessions/core';
import type { Authenticated } from '@trpc-sessions/server';

/**
 * Yields whenever the sessions of a user change, until the user's own session is ended: then it throws, and the client
 * drops its token without having to ask.
 */
export async function* sessionChanges(
  manager: SessionManager,
  { userId, session }: Pick<Authenticated, 'userId' | 'session'>,
  signal: AbortSignal | undefined,
): AsyncGenerator<'created' | 'ended', void> {
  const changes = new EventEmitter();
  const unsubscribe = [
    manager.on('created', (event) => event.session.userId === userId && changes.emit('change', 'created')),
    manager.on('ended', (event) => event.userId === userId && changes.emit('change', 'ended')),
  ];
  try {
    for await (const [change] of on(changes, 'change', { signal })) {
      if (change === 'ended' && (await manager.get({ userId, id: session.id })) === null) {
        throw new SessionError('revoked_session');
      }
      yield change;
    }
  } finally {
    for (const stop of unsubscribe) stop();
  }
}

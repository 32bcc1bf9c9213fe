import { EventEmitter, on } from 'node:events';
import type { SessionManager } from '@trpc-sessions/core';
import type { Authenticated } from '@trpc-sessions/server';

/** Yields whenever the sessions of a user change. When the caller's own session ends, the plugin ends the stream with the reason. */
export async function* sessionChanges(
  manager: SessionManager,
  { userId }: Pick<Authenticated, 'userId'>,
  signal: AbortSignal | undefined,
): AsyncGenerator<'created' | 'ended', void> {
  const changes = new EventEmitter();
  const unsubscribe = [
    manager.on('created', (event) => event.session.userId === userId && changes.emit('change', 'created')),
    manager.on('ended', (event) => event.userId === userId && changes.emit('change', 'ended')),
    manager.on('missed', () => changes.emit('change', 'ended')),
  ];
  try {
    for await (const [change] of on(changes, 'change', { signal })) yield change;
  } finally {
    for (const stop of unsubscribe) stop();
  }
}

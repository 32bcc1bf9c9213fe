import type { EndedSessions, Session, SessionManager, VerifiedSession } from '@trpc-sessions/core';
import type { Socket } from './request.ts';

/** What tRPC's client takes as a request to connect anew: there it is refused, and told why. */
const reconnect = JSON.stringify({ id: null, method: 'reconnect' });

/** How long a socket may live on after it was told, in milliseconds. Its calls are refused from the first moment. */
const grace = 1000;

/** In the range for applications (RFC 6455 §7.4.2), after HTTP's 401. */
const closeCode = 4401;

/** Closes WebSockets whose session has ended: what streams over them must not go on. */
export interface Sockets {
  /** Takes note of the session that a socket speaks for, once it is verified. */
  watch(socket: Socket, verifying: Promise<VerifiedSession>): Promise<VerifiedSession>;
}

export function createSockets(manager: SessionManager): Sockets {
  const open = new Map<Socket, Session>();
  let stop: (() => void) | undefined;

  function closeEnded(ended: EndedSessions): void {
    for (const [socket, session] of open) {
      if (isEnded(ended, session)) tellToClose(socket);
    }
  }

  function forget(socket: Socket): void {
    open.delete(socket);
    if (open.size > 0) return;
    stop?.();
    stop = undefined;
  }

  return {
    async watch(socket, verifying) {
      const verified = await verifying;
      if (!open.has(socket)) socket.once('close', () => forget(socket));
      open.set(socket, verified.session);
      stop ??= manager.on('ended', closeEnded);
      return verified;
    },
  };
}

function tellToClose(socket: Socket): void {
  socket.send(reconnect);
  setTimeout(() => socket.close(closeCode, 'session ended'), grace).unref();
}

function isEnded({ userId, ids, exceptId }: EndedSessions, session: Session): boolean {
  if (session.userId !== userId) return false;
  return ids === undefined ? session.id !== exceptId : ids.includes(session.id);
}

import type { CallerInfo, VerifiedSession } from '@trpc-sessions/core';
import type { Socket } from '../request/request.ts';
import type { Watches } from './session-watch.ts';

/** What tRPC's client takes as a request to connect anew: there it is refused, and told why. */
const reconnect = JSON.stringify({ id: null, method: 'reconnect' });

/** How long a socket may live on after it was told, in milliseconds. Its calls are refused from the first moment. */
const grace = 1000;

/** In the range for applications (RFC 6455 §7.4.2), after HTTP's 401. */
const closeCode = 4401;

/** `readyState`, where it closes or is closed (WHATWG WebSockets §3.1). */
const closing = 2;

/** Closes WebSockets whose session has ended. */
export interface Sockets {
  /** Verifies a call over a socket. From the first that holds, the socket is watched. */
  verify(socket: Socket, caller: CallerInfo, verify: () => Promise<VerifiedSession>): Promise<VerifiedSession>;
}

interface Watching {
  isClosed: boolean;
  stop: (() => void) | undefined;
}

export function createSockets(watches: Watches): Sockets {
  const sockets = new WeakMap<Socket, Watching>();

  function watchingOf(socket: Socket): Watching {
    let watching = sockets.get(socket);
    if (watching === undefined) {
      const known: Watching = { isClosed: (socket.readyState ?? 0) >= closing, stop: undefined };
      socket.once('close', () => {
        known.isClosed = true;
        known.stop?.();
      });
      sockets.set(socket, (watching = known));
    }
    return watching;
  }

  return {
    async verify(socket, caller, verify) {
      const watching = watchingOf(socket);
      const since = watches.moment();
      const verified = await verify();
      if (watching.stop === undefined && !watching.isClosed) {
        const { session } = verified;
        watching.stop = watches.watch({ session, caller, since, onEnd: () => tellToClose(socket) });
      }
      return verified;
    },
  };
}

function tellToClose(socket: Socket): void {
  socket.send(reconnect);
  setTimeout(() => socket.close(closeCode, 'session ended'), grace).unref();
}

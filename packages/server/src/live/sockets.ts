import type { CallerInfo, VerifiedSession } from '@trpc-sessions/core';
import type { Socket } from '../request/request.ts';
import type { Watches } from './watches.ts';

/** To tRPC's client a request to reconnect: the new connection is refused, with the reason. */
const reconnect = JSON.stringify({ id: null, method: 'reconnect' });

/** How long a client has to reconnect by itself, in milliseconds. Its calls are refused from the first moment. */
const grace = 1000;

/** In the range for applications (RFC 6455 §7.4.2), after HTTP's 401. */
const closeCode = 4401;

/** `readyState` of a socket that is closing or closed (WHATWG WebSockets §3.1). */
const closing = 2;

/** Closes WebSockets whose session has ended. */
export interface Sockets {
  /** Verifies a call over a socket. The first that is verified has the socket watched. */
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
        watching.stop = watches.watch({ ...verified, caller, since, onEnd: () => endSocket(socket) });
      }
      return verified;
    },
  };
}

function endSocket(socket: Socket): void {
  setTimeout(() => attempt(() => socket.close(closeCode, 'session ended')), grace).unref?.();
  attempt(() => socket.send(reconnect));
}

/** A socket may break at any moment; its session has ended all the same. */
function attempt(step: () => void): void {
  try {
    step();
  } catch {
    // A broken socket has nothing left to close.
  }
}

import { isSessionError, type CallerInfo, type VerifiedSession } from '@trpc-sessions/core';
import type { Socket } from '../request/request.ts';
import type { Watches } from './watches.ts';

/** To tRPC's client a request to reconnect. The new connection is refused, with the reason, unless it has another token. */
const reconnect = JSON.stringify({ id: null, method: 'reconnect' });

/** How long a client has to reconnect by itself, in milliseconds. Its calls are refused from the first moment. */
const grace = 1000;

/** In the range for applications (RFC 6455 §7.4.2), after HTTP's 401. */
const closeCode = 4401;

/** `readyState` of a socket that is closing or closed (WHATWG WebSockets §3.1). */
const closing = 2;

/** Closes WebSockets whose session has ended, or whose token was reissued. */
export interface Sockets {
  /** Verifies a call over a socket. The first that is verified has the socket watched. */
  verify(socket: Socket, caller: CallerInfo, verify: () => Promise<VerifiedSession>): Promise<VerifiedSession>;
}

interface Watching {
  isClosed: boolean;
  /** Whether the client was asked to reconnect. */
  isEnding: boolean;
  stop: (() => void) | undefined;
}

export function createSockets(watches: Watches): Sockets {
  const sockets = new WeakMap<Socket, Watching>();

  function watchingOf(socket: Socket): Watching {
    let watching = sockets.get(socket);
    if (watching === undefined) {
      const known: Watching = { isClosed: (socket.readyState ?? 0) >= closing, isEnding: false, stop: undefined };
      socket.once('close', () => {
        known.isClosed = true;
        known.stop?.();
      });
      sockets.set(socket, (watching = known));
    }
    return watching;
  }

  function end(socket: Socket, watching: Watching): void {
    if (watching.isEnding) return;
    watching.isEnding = true;
    endSocket(socket);
  }

  return {
    async verify(socket, caller, verify) {
      const watching = watchingOf(socket);
      const since = watches.moment();
      try {
        const verified = await verify();
        if (watching.stop === undefined && !watching.isClosed) {
          watching.stop = watches.watch({ ...verified, caller, since, onEnd: () => end(socket, watching) });
        }
        return verified;
      } catch (error) {
        // Its token was good before. Of a session that lives on, it was reissued: a new connection has the new one.
        const wasGood = watching.stop !== undefined;
        if (wasGood && isSessionError(error) && error.reason === 'revoked_session') end(socket, watching);
        throw error;
      }
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

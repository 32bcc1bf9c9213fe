import type { CallerInfo, SessionErrorReason } from '@trpc-sessions/core';
import type { SessionCookie } from './cookie.ts';
import type { Socket } from './request.ts';

/** How a caller is connected: the plugin needs it, and no app does. */
export interface Connection {
  /**
   * Whether the request is an HTTP batch: its calls may share one verification. The calls of a WebSocket may not, for
   * its context lives on.
   */
  readonly isBatch: boolean;
  readonly cookie: SessionCookie | undefined;
  readonly socket: Socket | undefined;
  /** Aborted when the caller has gone: a WebSocket's calls have no such signal of their own. */
  readonly signal: AbortSignal | undefined;
  /** Sets `WWW-Authenticate`, where the adapter lets a context set headers. */
  readonly challenge: (reason: SessionErrorReason) => void;
  /** Sets `Cache-Control: no-store`, where the adapter lets a context set headers: for an answer that holds a token. */
  readonly preventCaching: () => void;
}

/** The same for every copy of this package: an app may load it twice. */
const connectionKey: unique symbol = Symbol.for('trpc-sessions.connection');

/**
 * A caller with its connection. The property is enumerable, so that a copy (`{ ...caller, ip }`) keeps the connection,
 * and its value is a function, so that no log of a caller shows the socket.
 */
interface ConnectedCaller extends CallerInfo {
  readonly [connectionKey]?: () => Connection;
}

export function connect(caller: CallerInfo, connection: Connection): CallerInfo {
  const connected: ConnectedCaller = { ...caller, [connectionKey]: () => connection };
  return connected;
}

/** How a caller is connected; `undefined` for a caller that was written by hand. */
export function connectionOf(caller: Partial<ConnectedCaller>): Connection | undefined {
  return caller[connectionKey]?.();
}

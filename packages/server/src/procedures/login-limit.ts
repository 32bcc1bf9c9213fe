import type { CallerInfo } from '@trpc-sessions/core';
import { TRPCError } from '@trpc/server';
import { connectionOf, type Connection } from '../request/connection.ts';

/** Begins the login of a caller. Returns a function that ends it. */
export type BeginLogin = (caller: CallerInfo) => () => void;

/**
 * Allows one login in an HTTP batch, and one at a time over a WebSocket: a login costs a password hash, so one request must
 * not start a thousand.
 *
 * @throws {TRPCError} `BAD_REQUEST`, from the function that is returned
 */
export function createLoginLimit(): BeginLogin {
  const connections = new WeakSet<Connection>();
  return (caller) => {
    const connection = connectionOf(caller);
    if (connection === undefined || !(connection.isBatch || connection.socket !== undefined)) return () => {};
    if (connections.has(connection)) {
      throw new TRPCError({ code: 'BAD_REQUEST', message: 'A batch may hold one login: send each other by itself.' });
    }
    connections.add(connection);
    return () => {
      // A batch ends with its request; a socket lives on.
      if (connection.socket !== undefined) connections.delete(connection);
    };
  };
}

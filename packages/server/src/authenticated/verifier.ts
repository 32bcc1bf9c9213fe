import type { CallerInfo, SessionManager, VerifiedSession } from '@trpc-sessions/core';
import { connectionOf, type Connection } from '../request/connection.ts';
import { createSockets } from '../live/sockets.ts';
import { createWatches, type Watches } from '../live/watches.ts';
import type { RequireAccount } from './account.ts';

/** Verifies callers: once for each call, or once for all calls of one HTTP batch. */
export interface Verifier {
  verify(caller: CallerInfo): Promise<VerifiedSession>;
  /** Verifies a caller of a stream that the client opens by itself: it does not count as use of the session. */
  verifyUnseen(caller: CallerInfo): Promise<VerifiedSession>;
  /** Drops the verification that a batch shares, because one of its calls has just ended a session. */
  invalidate(caller: Partial<CallerInfo>): void;
  readonly watches: Watches;
}

interface SharedVerification {
  /** A copied caller shares its batch, but may hold another token. */
  readonly token: CallerInfo['token'];
  readonly verified: Promise<VerifiedSession>;
}

export function createVerifier(
  manager: SessionManager,
  maxStreamsPerSession: number,
  requireAccount: RequireAccount | undefined,
): Verifier {
  const batches = new WeakMap<Connection, SharedVerification>();
  const watches = createWatches(manager, maxStreamsPerSession, requireAccount);
  const sockets = createSockets(watches);

  function verifyBatch(batch: Connection, caller: CallerInfo): Promise<VerifiedSession> {
    const { token } = caller;
    const shared = batches.get(batch);
    if (shared?.token === token) return shared.verified;
    const verified = manager.verify(token, caller);
    batches.set(batch, { token, verified });
    return verified;
  }

  return {
    verify(caller) {
      const connection = connectionOf(caller);
      if (connection?.socket !== undefined) {
        return sockets.verify(connection.socket, caller, () => manager.verify(caller.token, caller));
      }
      if (connection?.isBatch === true) return verifyBatch(connection, caller);
      return manager.verify(caller.token, caller);
    },
    verifyUnseen(caller) {
      const verify = (): Promise<VerifiedSession> => manager.verify(caller.token, caller, { lastSeen: false });
      const socket = connectionOf(caller)?.socket;
      return socket === undefined ? verify() : sockets.verify(socket, caller, verify);
    },
    invalidate(caller) {
      const connection = connectionOf(caller);
      if (connection !== undefined) batches.delete(connection);
    },
    watches,
  };
}

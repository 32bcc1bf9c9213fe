import type { SessionInfo } from '@trpc-sessions/server';

/** A {@link SessionInfo} as it arrives: without a transformer, its dates are texts. */
export interface ReceivedSessionInfo extends Omit<SessionInfo, SessionDate> {
  readonly createdAt: Date | string;
  readonly lastSeenAt: Date | string;
  readonly expiresAt: Date | string;
}

type SessionDate = 'createdAt' | 'lastSeenAt' | 'expiresAt';

/** Turns texts into dates, so that components always see dates. */
export function receiveSession<TReceived extends ReceivedSessionInfo>(
  received: TReceived,
): Omit<TReceived, SessionDate> & Pick<SessionInfo, SessionDate> {
  return {
    ...received,
    createdAt: new Date(received.createdAt),
    lastSeenAt: new Date(received.lastSeenAt),
    expiresAt: new Date(received.expiresAt),
  };
}

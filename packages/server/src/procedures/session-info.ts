import type { Device, Session } from '@trpc-sessions/core';

/** A session as its user sees it: Dates here, ISO strings on the wire where the app has no transformer. */
export interface SessionInfo {
  /** The handle for `sessions.get` and `sessions.revoke`. */
  readonly id: string;
  /** Whether it is the session that asks. */
  readonly current: boolean;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  readonly expiresAt: Date;
  /** The IP address last seen from. */
  readonly ip: string | null;
  /** The IP address signed in from. */
  readonly createdIp: string | null;
  readonly device: Device;
  /** Where `ip` is, in words: `null` unless the app provides a locator. */
  readonly location: string | null;
  readonly userAgent: string | null;
}

/** Tells where an IP address is: "Lisbon, Portugal". `null` where it cannot. */
export type Locate = (ip: string) => string | null | Promise<string | null>;

/** Makes what the user sees of a session. Field by field, so that nothing new slips out. */
export async function sessionInfoOf(
  session: Session,
  currentId: string,
  locate: Locate | undefined,
): Promise<SessionInfo> {
  const { id, createdAt, lastSeenAt, expiresAt, ip, createdIp, device, userAgent } = session;
  return {
    id,
    current: id === currentId,
    createdAt,
    lastSeenAt,
    expiresAt,
    ip,
    createdIp,
    device,
    location: await locationOf(ip, locate),
    userAgent,
  };
}

async function locationOf(ip: string | null, locate: Locate | undefined): Promise<string | null> {
  if (ip === null || locate === undefined) return null;
  try {
    return (await locate(ip)) ?? null;
  } catch {
    // A list of sessions without places is better than none.
    return null;
  }
}

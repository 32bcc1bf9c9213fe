import type { Device, Session } from '@trpc-sessions/core';
import type { Locator } from '../locate/locate.ts';

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
  /** The name that the user gave it; `null` for none. The device has a name of its own. */
  readonly name: string | null;
  /**
   * The place of `ip`, such as "Lisbon, Portugal", or "This network" for an address of no public network; `null` unless the app
   * has a locator.
   */
  readonly location: string | null;
  readonly userAgent: string | null;
}

/** Makes the part of a session that its user sees. Field by field, so that no new field slips out. */
export async function sessionInfoOf(session: Session, currentId: string, locator: Locator): Promise<SessionInfo> {
  const { id, createdAt, lastSeenAt, expiresAt, ip, createdIp, device, name, userAgent } = session;
  return {
    id,
    current: id === currentId,
    createdAt,
    lastSeenAt,
    expiresAt,
    ip,
    createdIp,
    device,
    name,
    location: await locator(ip),
    userAgent,
  };
}

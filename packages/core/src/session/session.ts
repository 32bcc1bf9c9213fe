import type { Device } from './device/device.ts';
import { readStoredDevice } from './stored-device.ts';

/** A session: one sign-in of one user, until it is revoked or expires. */
export interface Session {
  /** The public handle, for listing and revoking. It is not the lookup id, and does not sign anyone in. */
  readonly id: string;
  readonly userId: string;
  readonly createdAt: Date;
  /** Written at most once per `touchInterval`. */
  readonly lastSeenAt: Date;
  readonly expiresAt: Date;
  /** The IP address last seen from. */
  readonly ip: string | null;
  /** The IP address signed in from. */
  readonly createdIp: string | null;
  /** The user agent last seen, and the device that it names. They follow when `lastSeenAt` is written. */
  readonly userAgent: string | null;
  readonly device: Device;
}

/** A row of the sessions table. As this package uses it, times are in milliseconds. */
export interface SessionRow<TTime = number> {
  /** The public handle: a one-way hash of the secret `lookup_id`, which is stored nowhere. */
  readonly id: string;
  readonly user_id: string;
  readonly created_at: TTime;
  readonly last_seen_at: TTime;
  readonly expires_at: TTime;
  /** The IP address last seen from. */
  readonly ip: string | null;
  /** The IP address signed in from. */
  readonly created_ip: string | null;
  readonly user_agent: string | null;
  /** A `Device`, as JSON, and beside it the client's own description of it. */
  readonly device: string;
}

/** Makes a session of its row. */
export function sessionOf(row: SessionRow): Session {
  return {
    id: row.id,
    userId: row.user_id,
    createdAt: new Date(row.created_at),
    lastSeenAt: new Date(row.last_seen_at),
    expiresAt: new Date(row.expires_at),
    ip: row.ip,
    createdIp: row.created_ip,
    userAgent: row.user_agent,
    device: readStoredDevice(row.device),
  };
}

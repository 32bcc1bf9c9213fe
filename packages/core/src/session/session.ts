import { LRUCache } from 'lru-cache';
import type { Device } from './device.ts';

/** A session: somebody signed in, somewhere, and not ended. */
export interface Session {
  /** The public handle, for listing and revoking. Not the lookup id, and of no use to sign in with. */
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
  readonly userAgent: string | null;
  readonly device: Device;
}

/** A row of the sessions table as the store reads it: times in milliseconds. */
export interface SessionRow {
  readonly user_id: string;
  readonly created_at: number;
  readonly last_seen_at: number;
  readonly expires_at: number;
  readonly ip: string | null;
  readonly created_ip: string | null;
  readonly user_agent: string | null;
  readonly device: string;
}

/** Makes a session of its row. */
export function sessionOf(id: string, row: SessionRow): Session {
  return {
    id,
    userId: row.user_id,
    createdAt: new Date(row.created_at),
    lastSeenAt: new Date(row.last_seen_at),
    expiresAt: new Date(row.expires_at),
    ip: row.ip,
    createdIp: row.created_ip,
    userAgent: row.user_agent,
    device: deviceOf(row.device),
  };
}

/** A million sessions run on a few hundred kinds of device: each is parsed once, and shared frozen. */
const devices = new LRUCache<string, Device>({ max: 1000 });

function deviceOf(text: string): Device {
  let device = devices.get(text);
  if (device === undefined) {
    device = freeze(JSON.parse(text));
    devices.set(text, device);
  }
  return device;
}

function freeze(device: Device): Device {
  Object.freeze(device.os);
  Object.freeze(device.browser);
  Object.freeze(device.app);
  return Object.freeze(device);
}

import type { Device } from './device/device.ts';
import { readStoredData } from './stored-data.ts';
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
  /** The name that the user gave it; `null` for none. The device has a name of its own. */
  readonly name: string | null;
  /** When its name, its data or its claims last changed. At first, when it was created. */
  readonly updatedAt: Date;
  /**
   * The app's own data: JSON. It is absent if the session has none, and if it was not read: `verify` reads it only with
   * the manager's option `lookUpData`.
   */
  readonly data?: unknown;
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
  /** The name that the user gave it. */
  readonly name: string | null;
  /** The app's own data, as JSON. */
  readonly data: string | null;
  /** When its name, its data or its claims last changed; `null` for never. */
  readonly updated_at: TTime | null;
  /** How often its token was reissued; `null` for never. A token has the number of its own. */
  readonly generation: number | null;
  /** Until when the token before the last reissue is good; `null` for no longer. */
  readonly grace_until: TTime | null;
}

type ColumnValue<TName extends keyof SessionRow> = NonNullable<SessionRow<'time'>[TName]>;

/** How a column is stored. */
export type ColumnKind<TName extends keyof SessionRow> =
  ColumnValue<TName> extends 'time' ? 'time' : ColumnValue<TName> extends number ? 'number' : 'text';

/** Every column and how it is stored. Queries, inserts and the conversion of times derive from this list. */
export const rowColumns: { readonly [TName in keyof SessionRow]: ColumnKind<TName> } = {
  id: 'text',
  user_id: 'text',
  created_at: 'time',
  last_seen_at: 'time',
  expires_at: 'time',
  ip: 'text',
  created_ip: 'text',
  user_agent: 'text',
  device: 'text',
  name: 'text',
  data: 'text',
  updated_at: 'time',
  generation: 'number',
  grace_until: 'time',
};

/** A row that may have been read without its data. */
export type LookedUpRow = Omit<SessionRow, 'data'> & Partial<Pick<SessionRow, 'data'>>;

/** Makes a session of its row. */
export function sessionOf(row: LookedUpRow): Session {
  const data = row.data === undefined || row.data === null ? null : readStoredData(row.data);
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
    name: row.name,
    updatedAt: new Date(row.updated_at ?? row.created_at),
    ...(data !== null && { data }),
  };
}

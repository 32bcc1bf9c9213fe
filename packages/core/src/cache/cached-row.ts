import type { LookedUpRow } from '../session/session.ts';
import { createTextPool } from '../session/text-pool.ts';

/** A row in memory. There may be a million: texts that many rows have are one text, and no object is made before it is used. */
export interface CachedRow extends LookedUpRow {
  /** When its read began, since the cache was created. In milliseconds. */
  readonly since: number;
  /** How often the cache had been emptied by then. */
  readonly emptied: number;
}

/** User agents and devices: a million sessions share a few hundred. */
const pool = createTextPool(2000, (text) => text);

/**
 * @param id - the id as another object holds it already, and so the user id: the row's own copies are dropped
 */
export function cachedRow(
  row: LookedUpRow,
  { id, userId }: { readonly id: string; readonly userId: string },
  { since, emptied }: Pick<CachedRow, 'since' | 'emptied'>,
): CachedRow {
  const ip = row.ip;
  // Each column by name: an object of a literal takes half of the memory of a copy.
  return {
    id,
    user_id: userId,
    created_at: row.created_at,
    last_seen_at: row.last_seen_at,
    expires_at: row.expires_at,
    ip,
    created_ip: row.created_ip === ip ? ip : row.created_ip,
    user_agent: row.user_agent === null ? null : pool(row.user_agent),
    device: pool(row.device),
    name: row.name,
    data: row.data ?? null,
    updated_at: row.updated_at,
    generation: row.generation,
    grace_until: row.grace_until,
    since,
    emptied,
  };
}

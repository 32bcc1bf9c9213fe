import { setImmediate as immediate } from 'node:timers/promises';
import { SessionUsageError } from '../errors.ts';
import { createProgressCheck } from '../store/purge-progress.ts';
import type { SessionKey, Store } from '../store/store.ts';
import { DatabaseTimeoutError } from '../store/time-limit.ts';
import { requireCallOptions } from './call-options.ts';
import { revokedBy, type RevokeOptions } from './revoke.ts';
import type { Announcements } from './announcements.ts';

/** The input of {@link SessionManager.revokeIssuedBefore}. */
export interface IssuedBefore {
  /** A later time than now counts as now. */
  readonly time: Date;
}

/** Revokes the sessions of all users that were issued before a time. */
export type RevokeIssuedBefore = (input: IssuedBefore, options?: Pick<RevokeOptions<unknown>, 'by'>) => Promise<number>;

/** The parts that revoke the sessions of all users. */
export interface RevokeIssuedBeforeParts {
  readonly store: Pick<Store, 'findIssuedBefore' | 'deleteIssuedBefore'>;
  readonly announcements: Pick<Announcements, 'revoked' | 'maybeChanged'>;
  readonly clock: () => number;
}

/** Requests wait for a chunk on SQLite, and on other databases for the locks of its rows. */
const chunkSize = 200;

export function createRevokeIssuedBefore({ store, announcements, clock }: RevokeIssuedBeforeParts): RevokeIssuedBefore {
  async function deleteChunk(found: readonly SessionKey[], before: number, by: string | undefined): Promise<number> {
    try {
      return await store.deleteIssuedBefore(
        found.map(({ id }) => id),
        before,
        { at: clock(), cause: by === undefined ? 'revoked' : 'staff', byUser: by },
      );
    } catch (error) {
      for (const [userId, ids] of idsByUser(found)) {
        announcements.maybeChanged({ userId, ids }, error instanceof DatabaseTimeoutError);
      }
      throw error;
    }
  }

  return async (input, options = {}) => {
    requireCallOptions('revokeIssuedBefore', input, { time: true });
    requireCallOptions('revokeIssuedBefore', options, { by: true });
    const { time } = input;
    if (!(time instanceof Date) || Number.isNaN(time.getTime())) {
      throw new SessionUsageError('time: expected a valid Date');
    }
    const before = Math.max(0, Math.min(time.getTime(), clock()));
    const requireProgress = createProgressCheck('revokeIssuedBefore: the database deletes none of the sessions');
    let count = 0;
    for (;;) {
      const found = await store.findIssuedBefore(before, chunkSize);
      if (found.length === 0) return count;
      const deleted = await deleteChunk(found, before, options.by);
      count += deleted;
      for (const [userId, ids] of idsByUser(found)) {
        // Another process may have deleted some of them. If it has deleted all, it announces them.
        const revoked = deleted === 0 ? 0 : ids.length;
        announcements.revoked(revoked, revokedBy(options.by, { userId, ids, cause: 'revoked' }));
      }
      requireProgress({ ids: found.map(({ id }) => id), deleted });
      // Requests that wait run now.
      await immediate();
    }
  };
}

function idsByUser(found: readonly SessionKey[]): ReadonlyMap<string, readonly string[]> {
  const byUser = new Map<string, string[]>();
  for (const { userId, id } of found) {
    const ids = byUser.get(userId);
    if (ids === undefined) byUser.set(userId, [id]);
    else ids.push(id);
  }
  return byUser;
}

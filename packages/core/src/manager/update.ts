import type { Transaction } from 'kysely';
import { SessionUsageError } from '../errors.ts';
import { liveSince, type LivenessRules } from '../session/liveness.ts';
import { readSessionName } from '../session/session-name.ts';
import { sessionOf, type Session } from '../session/session.ts';
import { storeData } from '../session/stored-data.ts';
import { plainDatabase } from '../store/plain-database.ts';
import type { Store } from '../store/store.ts';
import { DatabaseTimeoutError } from '../store/time-limit.ts';
import { isSessionId } from '../token/lookup-id-shape.ts';
import { requireCallOptions } from './call-options.ts';
import type { LastSeenWrites } from './last-seen.ts';
import type { Announcements } from './announcements.ts';
import { requireUserId } from '../session/user-id.ts';

/** The input of {@link SessionManager.update}. A part that is left out stays as it is. */
export interface UpdateInput {
  readonly userId: string;
  readonly id: string;
  /** The new name. It is cleaned, and cut after 64 characters. `null` removes it. */
  readonly name?: string | null | undefined;
  /** The new data, which replaces the old: JSON of up to 4,096 bytes. `null` removes it. */
  readonly data?: unknown;
}

/** How {@link SessionManager.update} writes. */
export interface UpdateOptions<TDatabase> {
  /** A transaction of the app's own. The event `updated` is emitted when the call returns, before the commit. */
  readonly trx?: Transaction<TDatabase> | undefined;
}

/** Names a session, or replaces its data. */
export type Update = <TDatabase>(input: UpdateInput, options?: UpdateOptions<TDatabase>) => Promise<Session | null>;

const knownInput = { userId: true, id: true, name: true, data: true } as const;
const knownOptions = { trx: true } as const;

/** The parts that change sessions. */
export interface UpdateParts {
  readonly store: Pick<Store, 'update'>;
  readonly lastSeen: Pick<LastSeenWrites, 'flushBriefly'>;
  readonly announcements: Pick<Announcements, 'updated' | 'maybeChanged'>;
}

export function createUpdate(
  { store, lastSeen, announcements }: UpdateParts,
  rules: LivenessRules & { readonly clock: () => number },
): Update {
  return async (input, options = {}) => {
    requireCallOptions('update', input, knownInput);
    requireCallOptions('update', options, knownOptions);
    const { userId, id, name, data } = input;
    const { trx } = options;
    requireUserId(userId);
    if (name === undefined && data === undefined) throw new SessionUsageError('update: expected a name or data');
    const change = {
      name: name === undefined ? undefined : readSessionName(name),
      data: data === undefined ? undefined : storeData(data),
    };
    if (!isSessionId(id)) return null;
    const isPending = trx !== undefined;
    // In a transaction of the app's, this would wait for it.
    if (!isPending) await lastSeen.flushBriefly();
    const now = rules.clock();
    const key = { userId, id };
    try {
      const live = liveSince(now, rules);
      const row = await store.update(key, { ...change, updatedAt: now }, live, trx && plainDatabase(trx));
      if (row === undefined) return null;
      announcements.updated(key, { isPending });
      return sessionOf(row);
    } catch (error) {
      // The answer to the commit may be lost.
      announcements.maybeChanged({ userId, ids: [id] }, isPending || error instanceof DatabaseTimeoutError);
      throw error;
    }
  };
}

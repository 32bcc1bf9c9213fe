import { createProcessBus } from '../bus/process-bus.ts';
import { createSessionCache } from '../cache/session-cache.ts';
import { liveSince } from '../session/liveness.ts';
import { createTimeLimit } from '../store/time-limit.ts';
import { createTokens } from '../token/access-token.ts';
import { publicKeysOf } from '../token/public-keys.ts';
import { createVerifiedTokens } from '../token/verified-tokens.ts';
import { createAnnouncements } from './announcements.ts';
import { createChangeCredentials } from './change-credentials.ts';
import { createChanges } from './changes.ts';
import { createEvents } from './events.ts';
import { createFindRow } from './find-row.ts';
import { createHistory } from './history.ts';
import { createIssue } from './issue.ts';
import { createLastSeenWrites } from './last-seen.ts';
import { createLists } from './list.ts';
import { readOptions, type SessionManagerOptions } from './options.ts';
import { createPurges } from './purge.ts';
import { createRevokeIssuedBefore } from './revoke-issued-before.ts';
import { createRevocations } from './revoke.ts';
import { requireUserId } from '../session/user-id.ts';
import { createGuardSignIns } from './sign-in-guard.ts';
import { createVerify, type VerifyParts } from './verify.ts';
import { openStore } from './open-store.ts';
import { emitRefusals } from './refusal-events.ts';
import type { SessionManager } from './session-manager.ts';

export type { SessionManager } from './session-manager.ts';

/** How many verified tokens are cached without a `cache` option. They take about ten megabytes. */
const defaultTokenCacheSize = 10_000;

/**
 * Creates the session manager of an app.
 *
 * @throws {TypeError | RangeError} an option is wrong: the message names it
 *
 * @example
 * ```ts
 * import { createSessionManager, migrateToLatest } from '@trpc-sessions/core';
 *
 * await migrateToLatest(db);
 * const manager = createSessionManager({ db, keys: process.env.SESSION_SECRET!, lifetime: '30d' });
 *
 * const { token } = await manager.issue({ userId: '42' });
 * const { session } = await manager.verify(token);
 * ```
 */
export function createSessionManager<TDatabase>(options: SessionManagerOptions<TDatabase>): SessionManager<TDatabase> {
  const settings = readOptions(options);
  const { dialect, clock } = settings;
  const limitTime = createTimeLimit(settings.databaseTimeout);
  const store = openStore(settings, limitTime);
  const tokens = createTokens(settings);
  const events = createEvents();
  const { verifyToken, tokensOf } = createVerifiedTokens(tokens, {
    clockTolerance: settings.clockTolerance,
    max: settings.cache?.max ?? defaultTokenCacheSize,
  });
  const cache = settings.cache && createSessionCache(settings.cache, clock, tokensOf);
  const lastSeen = createLastSeenWrites(
    store,
    settings.touchDelay,
    (error) => events.emit('fault', { task: 'last-seen', error }),
    settings.waitUntil,
  );
  const announcements = createAnnouncements({
    cache,
    // Frameworks load the module of a manager several times in one process.
    bus: settings.bus ?? createProcessBus(),
    isBusOfDatabase: settings.bus !== undefined,
    scope: settings.table.table,
    events,
  });
  const revocations = createRevocations({ store, limitTime, cache, announcements, clock });
  const history = createHistory(store, events, clock);
  const issue = createIssue({ store, limitTime, tokens, verifyToken, lastSeen, announcements, events }, settings);
  const changes = createChanges(
    { store, tokens, verifyToken, findEnd: (token) => history.findEnd(token), lastSeen, announcements },
    settings,
  );
  const verifyParts: VerifyParts = {
    verifyToken,
    find: createFindRow(store, cache, settings),
    cache,
    lastSeen,
    findEnd: (token) => history.findEnd(token),
    onRefused: emitRefusals(events, settings),
  };
  const verify = createVerify(verifyParts, settings);
  const verifyUnseen = createVerify(verifyParts, { ...settings, touchInterval: Infinity });
  let requests = 0;
  const purges = createPurges({
    // A session that was seen a moment ago has not gone idle.
    beforeChunk: () => lastSeen.flushBriefly(),
    deleteChunk: (limit) => store.purge(liveSince(clock(), settings), limit),
    openWriteBack: () => store.openWriteBack(),
    isBlocking: !dialect.isRemote,
    countRequests: () => requests,
    onPurged: (count) => events.emit('purged', { count }),
    onFault: (error) => events.emit('fault', { task: 'purge', error }),
  });

  return {
    issue,
    verify(token, caller, verifyOptions) {
      requests += 1;
      return verifyOptions?.lastSeen === false ? verifyUnseen(token, caller) : verify(token, caller);
    },
    ...createLists({ store, lastSeen }, settings),
    ...changes,
    revoke: async ({ userId, id }, writeOptions) =>
      (await revocations.revokeMany({ userId, ids: [id] }, writeOptions)) > 0,
    revokeMany: (input, writeOptions) => revocations.revokeMany(input, writeOptions),
    revokeOthers: (input, writeOptions) => revocations.revokeOthers(input, writeOptions),
    revokeAll: (userId, writeOptions) => revocations.revokeAll(userId, writeOptions),
    revokeIssuedBefore: createRevokeIssuedBefore({ store, announcements, clock }),
    changeCredentials: createChangeCredentials(settings.db, store, announcements, clock),
    async recheckAccount(userId) {
      requireUserId(userId);
      announcements.maybeChanged({ userId });
      events.emit('missed', { userId });
    },
    hasBus: settings.bus !== undefined,
    listEnded: (input) => history.listEnded(input),
    forgetUser: (userId) => history.forgetUser(userId),
    signInMark: () => store.mark(),
    guardSignIns: createGuardSignIns({ counts: store.attemptCounts, numbers: store.markNumbers, events }, settings),
    purgeExpired: (purgeOptions) => purges.run(purgeOptions),
    publicKeys: () => publicKeysOf(settings.keys.all),
    now: clock,
    on: (event, listener) => events.on(event, listener),
    flush: () => lastSeen.flush(),
    async close() {
      try {
        await purges.stop();
        // A write that takes longer goes on, and the event `fault` reports it.
        await limitTime(() => lastSeen.stop()).catch(() => {});
      } finally {
        await announcements.stop();
      }
    },
  };
}

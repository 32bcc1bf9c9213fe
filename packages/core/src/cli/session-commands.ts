import { setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { parseDuration, type Duration } from '../duration.ts';
import { liveSince, type LiveSince } from '../session/liveness.ts';
import { sessionOf, type Session } from '../session/session.ts';
import { detectDialect } from '../store/detect-dialect.ts';
import type { Dialect } from '../store/dialect.ts';
import type { SessionsDatabase } from '../store/schema.ts';
import { createProgressCheck } from '../store/purge-progress.ts';
import { createStore, type Store } from '../store/store.ts';
import { defaultTable } from '../store/table-name.ts';
import { checkTable } from './check-table.ts';
import { exitCodes, type CommandContext, type Outcome } from './command.ts';
import { openDatabase } from './database-url.ts';
import { UsageError } from './explain-error.ts';
import { orUsageError, readTable, type Values } from './options.ts';
import { formatAgo, formatTable, formatTime, plural } from './output.ts';
import { readStats } from './stats.ts';

/** A column of the list. */
interface ListColumn {
  readonly header: string;
  readonly cell: (session: Session) => string;
}

function listColumns(now: number): readonly ListColumn[] {
  return [
    { header: 'ID', cell: ({ id }) => id },
    { header: 'NAME', cell: ({ name }) => name ?? '-' },
    { header: 'DEVICE', cell: ({ device }) => device.name ?? '-' },
    { header: 'IP', cell: ({ ip }) => ip ?? '-' },
    { header: 'LAST SEEN', cell: ({ lastSeenAt }) => formatAgo(lastSeenAt, now) },
    { header: 'CREATED (UTC)', cell: ({ createdAt }) => formatTime(createdAt) },
    { header: 'EXPIRES (UTC)', cell: ({ expiresAt }) => formatTime(expiresAt) },
  ];
}

/** Lists the live sessions of a user. */
export function list(values: Values, context: CommandContext): Promise<Outcome> {
  const userId = readUser(values);
  return withSessions(values, context, async ({ store, live }) => {
    const rows = await store.list(userId, live, { data: false });
    const sessions = rows.map(sessionOf);
    const json = { userId, sessions };
    if (sessions.length === 0) return { json, text: 'The user has no live sessions.' };
    // Few apps have users name their sessions.
    const hasNames = sessions.some(({ name }) => name !== null);
    const columns = listColumns(live.expiresAfter).filter(({ header }) => header !== 'NAME' || hasNames);
    const cells = sessions.map((session) => columns.map(({ cell }) => cell(session)));
    return {
      json,
      text: formatTable(
        columns.map(({ header }) => header),
        cells,
      ),
    };
  });
}

/** Revokes sessions of a user: the given ids, or all. */
export function revoke(values: Values, context: CommandContext): Promise<Outcome> {
  const userId = readUser(values);
  const { id: ids, all = false } = values;
  if ((ids === undefined) !== all) throw new UsageError('revoke takes either --id <session> or --all');
  return withSessions(values, context, async ({ store }) => {
    const ending = { at: Date.now(), cause: 'staff' } as const;
    const revoked = await (ids === undefined ? store.deleteAll(userId, ending) : store.deleteMany(userId, ids, ending));
    if (all || revoked > 0) return { json: { revoked }, text: `Revoked ${plural(revoked, 'session')}.` };
    return { json: { revoked }, text: 'the user has no such session', exitCode: exitCodes.failed };
  });
}

/** How many rows one statement deletes at most. */
const purgeChunk = 200;

/** Deletes the rows of sessions that have expired or gone idle. */
export function purge(values: Values, context: CommandContext): Promise<Outcome> {
  return withSessions(values, context, async ({ store, live }) => {
    const stopping = new AbortController();
    context.onInterrupt(() => stopping.abort());
    const requireProgress = createProgressCheck('purgeExpired: the database deletes none of the expired rows');
    let complete = false;
    let purged = 0;
    while (!complete && !stopping.signal.aborted) {
      const started = performance.now();
      const chunk = await store.purge(live, purgeChunk);
      complete = chunk === undefined;
      purged += chunk === undefined || chunk.areRecords === true ? 0 : chunk.deleted;
      if (chunk !== undefined) requireProgress(chunk);
      context.progress(`Purging: ${plural(purged, 'session')}`);
      // Rests for as long as the chunk took: the app's writes wait for its locks. Signals arrive meanwhile.
      await sleep(performance.now() - started);
    }
    const text = `Purged ${plural(purged, 'session')}`;
    const json = { purged, complete };
    if (complete) return { json, text: `${text}.` };
    return { json, text: `${text}, then stopped: run it again for the rest.`, exitCode: exitCodes.interrupted };
  });
}

/** Counts the sessions of all users. */
export function stats(values: Values, context: CommandContext): Promise<Outcome> {
  return withSessions(values, context, async ({ db, dialect, table, live }) => {
    const counted = await readStats(db, dialect, table, live);
    const { sessions, users, devices } = counted;
    const counts = Object.entries({ ...sessions, users }).map(([name, count]) => [name, String(count)]);
    const types = devices.map((device) => [device.type ?? 'unknown', String(device.live)]);
    const tables = [
      formatTable(['SESSIONS', ''], counts),
      ...(types.length > 0 ? [formatTable(['DEVICE', 'LIVE'], types)] : []),
    ];
    return { json: counted, text: tables.join('\n\n') };
  });
}

/** The sessions of an opened database. */
interface Sessions {
  readonly db: Kysely<SessionsDatabase>;
  readonly dialect: Dialect;
  readonly table: string;
  readonly store: Store;
  readonly live: LiveSince;
}

async function withSessions(
  values: Values,
  { url }: CommandContext,
  work: (sessions: Sessions) => Promise<Outcome>,
): Promise<Outcome> {
  const { table = defaultTable } = values;
  const live = readLive(values);
  const name = readTable(values, url);
  const db = await openDatabase(url);
  try {
    await checkTable(db, table);
    const dialect = detectDialect(db);
    // A store and no manager: nothing is signed or verified here, so the command line needs no key.
    return await work({ db, dialect, table, store: createStore(db, dialect, name), live });
  } finally {
    await db.destroy();
  }
}

function readUser({ user }: Values): string {
  if (user === undefined || user === '') throw new UsageError('--user <id> is missing');
  return user;
}

function readLive({ 'idle-timeout': idleTimeout }: Values): LiveSince {
  const rules = { clockTolerance: 0, idleTimeout: Infinity };
  if (idleTimeout === undefined) return liveSince(Date.now(), rules);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- parseDuration checks it
  const parsed = orUsageError(() => parseDuration('idle-timeout', idleTimeout as Duration));
  return liveSince(Date.now(), { ...rules, idleTimeout: parsed });
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { openDatabase, readUrl } from './database-url.ts';
import { algorithms, createJwk, createKeyId, createPem, createSecret, isAlgorithm } from './generate-key.ts';
import { sqlDialectOf, writeMigrations } from './migration-sql.ts';
import { readStats } from './stats.ts';
import { formatAgo, formatTable, formatTime, plural, UsageError } from './output.ts';
import { dialectOf, type Dialect } from '../store/dialect.ts';
import { parseDuration, type Duration } from '../duration.ts';
import { migrateToLatest } from '../store/migrations.ts';
import type { SessionsDatabase } from '../store/schema.ts';
import { sessionOf } from '../session/session.ts';
import { createStore, type LiveSince, type Store } from '../store/store.ts';
import { defaultTable, parseTableName, type TableName } from '../store/table-name.ts';

/** The options of a command line, as they were given. */
export interface Values {
  readonly alg?: string | undefined;
  readonly all?: boolean | undefined;
  readonly dialect?: string | undefined;
  readonly id?: readonly string[] | undefined;
  readonly 'idle-timeout'?: string | undefined;
  readonly json?: boolean | undefined;
  readonly kid?: string | undefined;
  readonly pem?: boolean | undefined;
  readonly secret?: boolean | undefined;
  readonly sql?: boolean | undefined;
  readonly table?: string | undefined;
  readonly user?: string | undefined;
}

/** What a command has to do with beside its options. */
export interface Surroundings {
  /** The `DATABASE_URL`. */
  readonly url: string | undefined;
  /** Shows how far it is, where somebody watches. */
  readonly progress: (text: string) => void;
  /** Asks to be told when somebody wants it to stop. */
  readonly onInterrupt: (stop: () => void) => void;
}

/** How a command ended: its exit code. 130 is what shells expect of a program that SIGINT ended: 128 and its number. */
export const exitCodes = { done: 0, failed: 1, usedWrongly: 2, interrupted: 130 } as const;

/** What a command found or did, for programs and for people. */
export interface Outcome {
  readonly json: unknown;
  readonly text: string;
  /** @defaultValue done */
  readonly exitCode?: (typeof exitCodes)[keyof typeof exitCodes];
}

/** A command of the command line. */
export interface Command {
  readonly usage: string;
  readonly summary: string;
  readonly options: readonly (keyof Values)[];
  run(values: Values, surroundings: Surroundings): Promise<Outcome>;
}

/** How many rows one statement deletes at most. */
const purgeChunk = 200;

/** Every command, by name. */
export const commands: Readonly<Record<string, Command>> = {
  migrate: {
    usage: 'migrate [--sql [--dialect <name>]] [--table <name>]',
    summary: 'bring the sessions table up to date, or print the SQL that would make it',
    options: ['sql', 'dialect', 'table'],
    async run(values, { url }) {
      const { table = defaultTable } = values;
      if (values.sql === true) {
        const dialect = await sqlDialectOf(values.dialect, url);
        orUsageError(() => parseTableName(table, dialect));
        const statements = await writeMigrations(dialect, table);
        return { json: { dialect, statements }, text: statements.map((statement) => `${statement};`).join('\n') };
      }
      if (values.dialect !== undefined) throw new UsageError('--dialect goes with --sql');
      readTable(values, url);
      const db = await openDatabase(url, { create: true });
      try {
        const results = await migrateToLatest(db, { table });
        const applied = results.map(({ migrationName }) => migrationName);
        const text =
          applied.length === 0 ? 'Already up to date.' : applied.map((name) => `Applied ${name}.`).join('\n');
        return { json: { applied }, text };
      } finally {
        await db.destroy();
      }
    },
  },

  list: {
    usage: 'list --user <id> [--idle-timeout <duration>] [--table <name>]',
    summary: "a user's live sessions, the most recently seen first",
    options: ['user', 'idle-timeout', 'table'],
    run(values, { url }) {
      const userId = readUser(values);
      return withSessions(values, url, async ({ store, live }) => {
        const rows = await store.list(userId, live);
        const sessions = rows.map((row) => sessionOf(row.id, row));
        const cells = sessions.map(({ id, device, ip, lastSeenAt, createdAt, expiresAt }) => [
          id,
          device.name ?? '-',
          ip ?? '-',
          formatAgo(lastSeenAt, live.now),
          formatTime(createdAt),
          formatTime(expiresAt),
        ]);
        const json = { userId, sessions };
        if (sessions.length === 0) return { json, text: 'The user has no live sessions.' };
        return {
          json,
          text: formatTable(['ID', 'DEVICE', 'IP', 'LAST SEEN', 'CREATED (UTC)', 'EXPIRES (UTC)'], cells),
        };
      });
    },
  },

  revoke: {
    usage: 'revoke --user <id> (--id <session>… | --all) [--table <name>]',
    summary: 'end sessions of a user: those of the ids, or all of them',
    options: ['user', 'id', 'all', 'table'],
    run(values, { url }) {
      const userId = readUser(values);
      const { id: ids, all = false } = values;
      if ((ids === undefined) !== all) throw new UsageError('revoke takes either --id <session> or --all');
      return withSessions(values, url, async ({ store }) => {
        const revoked = await (ids === undefined ? store.deleteAll(userId) : store.deleteMany(userId, ids));
        if (all || revoked > 0) return { json: { revoked }, text: `Ended ${plural(revoked, 'session')}.` };
        return { json: { revoked }, text: 'the user has no such session', exitCode: exitCodes.failed };
      });
    },
  },

  purge: {
    usage: 'purge [--idle-timeout <duration>] [--table <name>]',
    summary: 'delete the rows of sessions that have expired, or gone idle',
    options: ['idle-timeout', 'table'],
    run: (values, { url, progress, onInterrupt }) =>
      withSessions(values, url, async ({ store, live }) => {
        const stopping = new AbortController();
        onInterrupt(() => stopping.abort());
        let complete = false;
        let purged = 0;
        while (!complete && !stopping.signal.aborted) {
          const started = performance.now();
          const deleted = await store.deleteDead(live, purgeChunk);
          complete = deleted === undefined;
          purged += deleted ?? 0;
          progress(`Purging: ${plural(purged, 'session')}`);
          // As long as it took: half of the time is the app's, whose writes wait for a chunk's locks. And a signal is heard.
          await sleep(performance.now() - started);
        }
        const text = `Purged ${plural(purged, 'session')}`;
        const json = { purged, complete };
        if (complete) return { json, text: `${text}.` };
        return { json, text: `${text}, then stopped: run it again for the rest.`, exitCode: exitCodes.interrupted };
      }),
  },

  stats: {
    usage: 'stats [--idle-timeout <duration>] [--table <name>]',
    summary: 'how many sessions are live, idle and expired, of how many users, on what devices',
    options: ['idle-timeout', 'table'],
    run: (values, { url }) =>
      withSessions(values, url, async ({ db, dialect, table, live }) => {
        const stats = await readStats(db, dialect, table, live);
        const { sessions, users, devices } = stats;
        const counts = Object.entries({ ...sessions, users }).map(([name, count]) => [name, String(count)]);
        const types = devices.map((device) => [device.type ?? 'unknown', String(device.live)]);
        const tables = [
          formatTable(['SESSIONS', ''], counts),
          ...(types.length > 0 ? [formatTable(['DEVICE', 'LIVE'], types)] : []),
        ];
        return { json: stats, text: tables.join('\n\n') };
      }),
  },

  keygen: {
    usage: 'keygen [--alg <algorithm>] [--kid <id>] [--pem | --secret]',
    summary: 'make a key for the keys option: a JWK, a pair of PEMs or a plain secret',
    options: ['alg', 'kid', 'pem', 'secret'],
    async run({ alg = 'HS256', kid: namedKid, pem = false, secret = false, json = false }) {
      const kid = namedKid ?? createKeyId();
      if (!isAlgorithm(alg)) throw new UsageError(`--alg: expected one of ${algorithms.join(', ')}`);
      if (kid === '') throw new UsageError('--kid: expected a text');
      if (pem && secret) throw new UsageError('keygen takes either --pem or --secret');
      if (namedKid !== undefined && (pem || secret) && !json) {
        throw new UsageError(`--kid: what --${pem ? 'pem' : 'secret'} prints has no room for it, add --json`);
      }
      const isSecret = alg.startsWith('HS');
      if (pem && isSecret) throw new UsageError(`--pem: ${alg} has no key pair, only a secret`);
      if (secret && !isSecret) throw new UsageError(`--secret: ${alg} has a key pair, not a secret`);
      if (secret) {
        const text = createSecret(alg);
        return { json: { kid, alg, secret: text }, text };
      }
      if (pem) {
        const pair = await createPem(alg);
        return { json: { kid, alg, ...pair }, text: (pair.privateKey + pair.publicKey).trimEnd() };
      }
      const jwk = await createJwk(kid, alg);
      return { json: jwk, text: JSON.stringify(jwk, null, 2) };
    },
  },
};

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
  url: string | undefined,
  work: (sessions: Sessions) => Promise<Outcome>,
): Promise<Outcome> {
  const { table = defaultTable } = values;
  const live = readLive(values);
  const name = readTable(values, url);
  const db = await openDatabase(url);
  try {
    const dialect = dialectOf(db);
    // The store and no manager: nothing is signed or verified here, so nobody has to hand a secret to a shell.
    return await work({ db, dialect, table, store: createStore(db, dialect, name), live });
  } finally {
    await db.destroy();
  }
}

function readTable({ table }: Values, url: string | undefined): TableName {
  // What is no name is none on any database.
  orUsageError(() => parseTableName(table));
  const { dialect } = readUrl(url);
  return orUsageError(() => parseTableName(table, dialect));
}

function readLive({ 'idle-timeout': idleTimeout }: Values): LiveSince {
  const now = Date.now();
  if (idleTimeout === undefined) return { now, seenAfter: 0 };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is what parseDuration finds out
  return { now, seenAfter: now - orUsageError(() => parseDuration('idle-timeout', idleTimeout as Duration)) };
}

/** The options of the library say themselves what is wrong with them. */
function orUsageError<TResult>(read: () => TResult): TResult {
  try {
    return read();
  } catch (error) {
    throw new UsageError(`--${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function readUser({ user }: Values): string {
  if (user === undefined || user === '') throw new UsageError('--user <id> is missing');
  return user;
}

import { defaultTable, parseTableName } from '../store/table-name.ts';
import type { Command } from './command.ts';
import { openDatabase } from './database-url.ts';
import { UsageError } from './explain-error.ts';
import { algorithms, createJwk, createKeyId, createPem, createSecret, isAlgorithm } from './generate-key.ts';
import { orUsageError, readTable } from './options.ts';

// Kysely takes half a second to load: the modules that use it are imported when a command runs.

/** Every command, by name. */
export const commands: Readonly<Record<string, Command>> = {
  migrate: {
    usage: 'migrate [--sql [--dialect <name>]] [--table <name>]',
    summary: 'bring the sessions table up to date, or print the SQL that creates it',
    options: ['sql', 'dialect', 'table'],
    async run(values, { url }) {
      const { table = defaultTable } = values;
      if (values.sql === true) {
        const { readSqlDialect, writeMigrations } = await import('./migration-sql.ts');
        const dialect = await readSqlDialect(values.dialect, url);
        orUsageError(() => parseTableName(table, dialect));
        const statements = await writeMigrations(dialect, table);
        return { json: { dialect, statements }, text: statements.map((statement) => `${statement};`).join('\n') };
      }
      if (values.dialect !== undefined) throw new UsageError('--dialect goes with --sql');
      readTable(values, url);
      const db = await openDatabase(url, { create: true });
      try {
        const { migrate } = await import('../store/migrations.ts');
        const results = await migrate(db, { table });
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
    run: async (values, context) => (await import('./session-commands.ts')).list(values, context),
  },

  revoke: {
    usage: 'revoke --user <id> (--id <session>… | --all) [--table <name>]',
    summary: 'revoke sessions of a user: the given ids, or all of them',
    options: ['user', 'id', 'all', 'table'],
    run: async (values, context) => (await import('./session-commands.ts')).revoke(values, context),
  },

  purge: {
    usage: 'purge [--idle-timeout <duration>] [--table <name>]',
    summary: 'delete the rows of sessions that have expired or gone idle',
    options: ['idle-timeout', 'table'],
    run: async (values, context) => (await import('./session-commands.ts')).purge(values, context),
  },

  stats: {
    usage: 'stats [--idle-timeout <duration>] [--table <name>]',
    summary: 'count the live, idle and expired sessions, their users and their devices',
    options: ['idle-timeout', 'table'],
    run: async (values, context) => (await import('./session-commands.ts')).stats(values, context),
  },

  unblock: {
    usage: 'unblock --account <name> [--table <name>]',
    summary: "drop the attempts to sign in to an account, with store: 'database'; SESSION_SECRET is your key",
    options: ['account', 'table'],
    run: async (values, context) => (await import('./unblock.ts')).unblock(values, context),
  },

  keygen: {
    usage: 'keygen [--alg <algorithm>] [--kid <id>] [--pem | --secret]',
    summary: 'generate a key for the keys option: a JWK, a pair of PEMs or a plain secret',
    options: ['alg', 'kid', 'pem', 'secret'],
    async run({ alg = 'HS256', kid: givenKid, pem = false, secret = false, json = false }) {
      const kid = givenKid ?? createKeyId();
      if (!isAlgorithm(alg)) throw new UsageError(`--alg: expected one of ${algorithms.join(', ')}`);
      if (kid === '') throw new UsageError('--kid: expected a text');
      if (pem && secret) throw new UsageError('keygen takes either --pem or --secret');
      if (givenKid !== undefined && (pem || secret) && !json) {
        throw new UsageError(`--kid: the text of --${pem ? 'pem' : 'secret'} cannot hold it, add --json`);
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

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { createMysqlDatabase, createPostgresDatabase, type ServerDatabase } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';

const run = promisify(execFile);
const cli = new URL('../../packages/core/src/cli.ts', import.meta.url).pathname;

async function createFile(): Promise<ServerDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-migrators-'));
  return { url: `file:${join(folder, 'app.db')}`, dispose: () => rm(folder, { recursive: true }) };
}

const databases: [name: string, available: boolean, howToEnable: string, () => Promise<ServerDatabase>][] = [
  ['SQLite', true, '', createFile],
  ['PostgreSQL', inject('postgresUrl') !== null, 'install postgresql, or set POSTGRES_URL', createPostgresDatabase],
  ['MariaDB', inject('mysqlUrl') !== null, 'install mariadb-server, or set MYSQL_URL', createMysqlDatabase],
];

for (const [name, available, howToEnable, createDatabase] of databases) {
  describeIf(available, `on ${name}`, howToEnable, () => {
    test('processes that migrate at once all succeed, and one of them does the work', { timeout: 60_000 }, async () => {
      const { url, dispose } = await createDatabase();
      const env = { ...process.env, DATABASE_URL: url };
      const outcomes = await Promise.all(
        Array.from({ length: 5 }, () => run(process.execPath, [cli, 'migrate', '--json'], { env })),
      );
      const applied = outcomes.flatMap(({ stdout }) => JSON.parse(stdout).applied);
      expect(applied).toEqual(['trpc_sessions_0001_sessions']);
      await dispose();
    });
  });
}

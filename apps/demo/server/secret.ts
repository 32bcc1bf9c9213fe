import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileOf } from './database.ts';
import { hideFromOthers } from './private-file.ts';

/**
 * The secret in a file beside the SQLite file, created at the first start: sessions survive a restart without any
 * setting. Several processes may share a database server, so there the secret must be set.
 */
export function keptSecret(databaseUrl: string): string {
  if (!databaseUrl.startsWith('file:')) {
    throw new Error('SESSION_SECRET: set it (at least 32 bytes) when DATABASE_URL names a server');
  }
  const file = `${fileOf(databaseUrl)}.secret`;
  mkdirSync(dirname(file), { recursive: true });
  try {
    writeFileSync(file, randomBytes(32).toString('base64url'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  hideFromOthers(file);
  return readFileSync(file, 'utf8').trim();
}

import type { DemoOptions } from './app.ts';
import { fileOf } from './database.ts';
import { keptSecret } from './secret.ts';

/** The settings of the process: those of the demo, and the address to listen on. */
export interface Settings extends DemoOptions {
  readonly host: string;
  readonly port: number;
  /** The database without its credentials, to print. */
  readonly database: string;
}

const defaultFile = new URL('../data/demo.db', import.meta.url);

/**
 * Reads the settings from the environment. An empty variable, as a compose file sets it, counts as unset.
 *
 * @throws {Error} a setting is wrong or missing: the message names it
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const setting = (name: string): string | undefined => env[name] || undefined;
  const databaseUrl = setting('DATABASE_URL') ?? defaultFile.href;
  const seed = env['NODE_ENV'] !== 'production';
  const port = Number(setting('PORT') ?? 3000);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('PORT: expected a number from 0 to 65535');
  return {
    databaseUrl,
    database: nameOf(databaseUrl),
    redisUrl: setting('REDIS_URL'),
    secret: setting('SESSION_SECRET') ?? keptSecret(databaseUrl),
    trustProxy: setting('TRUST_PROXY') ?? false,
    seed,
    samples: seed && setting('DEMO_SAMPLES') === '1',
    // The seeded password is public: only this machine may use it, unless the user decides otherwise.
    host: setting('HOST') ?? '127.0.0.1',
    port,
  };
}

function nameOf(databaseUrl: string): string {
  if (databaseUrl.startsWith('file:')) return fileOf(databaseUrl);
  if (!URL.canParse(databaseUrl)) throw new Error('DATABASE_URL: expected a URL');
  return new URL(databaseUrl).host;
}

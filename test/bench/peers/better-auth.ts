import { randomUUID } from 'node:crypto';
import { betterAuth, type BetterAuthOptions } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { openFile, type BenchFile } from '../sqlite.ts';
import { cycle } from '../tokens.ts';
import { secret } from '../floor.ts';
import type { Candidate } from '../measure.ts';

/** How many sessions of it are asked for. Each costs a password hash to make. */
const sampleCount = 20;

export interface BetterAuth {
  /** Of the sessions. */
  readonly cookies: readonly string[];
  /** `getSession`, as a request with its cookie does. */
  readonly getSession: Candidate;
  readonly list: Candidate;
  /** Ends the user's other sessions, that many of which it writes first, past the library. */
  readonly revokeOthers: (count: number) => Candidate;
  /** Those of a request that is signed in. */
  readonly headers: () => Headers;
  readonly auth: {
    readonly api: {
      getSession(options: { headers: Headers }): Promise<unknown>;
      revokeOtherSessions(options: { headers: Headers }): Promise<unknown>;
    };
  };
}

type Requests = Omit<BetterAuth, 'revokeOthers'>;

/** better-auth on a database, as its own documentation sets it up. */
export async function createBetterAuthOn(
  database: NonNullable<BetterAuthOptions['database']>,
  cookieCache: boolean,
): Promise<Requests> {
  const auth = betterAuth({
    database,
    secret,
    baseURL: 'http://localhost:3000',
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    session: { cookieCache: { enabled: cookieCache, maxAge: 3600 } },
    telemetry: { enabled: false },
  });
  const { runMigrations } = await getMigrations(auth.options);
  await runMigrations();
  // On a server, two of them share the database.
  const body = {
    email: `ada-${cookieCache ? 'cached' : 'asking'}@example.com`,
    password: 'lovelace-1815',
    name: 'Ada',
  };
  await auth.api.signUpEmail({ body });
  const cookies: string[] = [];
  for (let n = 0; n < sampleCount; n += 1) {
    const { headers } = await auth.api.signInEmail({ body, returnHeaders: true });
    cookies.push(
      headers
        .getSetCookie()
        .map((cookie) => cookie.split(';')[0])
        .join('; '),
    );
  }
  const next = cycle(cookies);
  const headers = (): Headers => new Headers({ cookie: next() });
  return {
    auth,
    headers,
    cookies,
    getSession: {
      name: cookieCache ? 'better-auth getSession, cookie cache' : 'better-auth getSession',
      run: () => auth.api.getSession({ headers: headers() }),
    },
    list: { name: 'better-auth listSessions', run: () => auth.api.listSessions({ headers: headers() }) },
  };
}

/** The same on SQLite. */
export async function createBetterAuth({ file }: Pick<BenchFile, 'file'>, cookieCache: boolean): Promise<BetterAuth> {
  const database = openFile(`${file}.better-auth-${cookieCache ? 'cached' : 'asking'}.db`);
  const requests = await createBetterAuthOn(database, cookieCache);
  const writeOthers = database.transaction((count: number) => {
    const row = database.prepare('select * from session limit 1').get() as Record<string, unknown>;
    const names = Object.keys(row);
    const insert = database.prepare(
      `insert into session (${names.map((name) => `"${name}"`).join()}) values (${names.map((name) => `@${name}`).join()})`,
    );
    for (let n = 0; n < count; n += 1) insert.run({ ...row, id: randomUUID(), token: randomUUID() });
  });
  return {
    ...requests,
    revokeOthers(count) {
      // The session that ends the others stays: it is always the same one.
      const [cookie = ''] = requests.cookies;
      return {
        name: 'better-auth revokeOtherSessions',
        run() {
          writeOthers(count);
          return requests.auth.api.revokeOtherSessions({ headers: new Headers({ cookie }) });
        },
      };
    },
  };
}

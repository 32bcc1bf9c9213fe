import { createSessionManager, migrateToLatest, type SessionsDatabase } from '@trpc-sessions/core';
import { createSessionsPlugin } from '@trpc-sessions/server';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { secret } from './floor.ts';

// How many guesses at one account reach its password in an hour, and whether its owner can sign in meanwhile. The clock is
// simulated, and a password is compared as a text: no hash is measured.
//
//   node --conditions=@trpc-sessions/source test/bench/guesses.ts

const email = 'ada@example.com';
const password = 'lovelace-1815';
const home = '198.51.100.7';
const guesses = 10_000;
const step = 360;

const realNow = Date.now.bind(Date);
let offset = 0;
Date.now = () => realNow() + offset;

interface Peer {
  readonly name: string;
  /** Signs in from an address. Returns the status. @param isKnown - from a device that has signed in before */
  signIn(ip: string, password: string, isKnown?: boolean): Promise<number>;
  /** How many passwords were compared. */
  compared(): number;
}

function ours(): Promise<Peer> {
  return create();
  async function create(): Promise<Peer> {
    const db = new Kysely<SessionsDatabase>({
      dialect: new SqliteDialect({ database: new SqliteDatabase(':memory:') }),
    });
    await migrateToLatest(db);
    let compared = 0;
    const sessions = createSessionsPlugin({
      manager: createSessionManager({ db, keys: secret }),
      authenticate: ({ password: given }) => {
        compared += 1;
        return given === password ? { id: 'ada' } : null;
      },
    });
    const callFrom = (ip: string) =>
      sessions.router.createCaller({ caller: { token: null, ip, userAgent: null, clientHints: null } });
    const { deviceMark } = await callFrom(home).login({ username: email, password });
    compared = 0;
    return {
      name: 'trpc-sessions',
      async signIn(ip, given, isKnown = false) {
        const input = { username: email, password: given, ...(isKnown && { deviceMark }) };
        return callFrom(ip)
          .login(input)
          .then(
            () => 200,
            (error: { code: string }) => (error.code === 'TOO_MANY_REQUESTS' ? 429 : 401),
          );
      },
      compared: () => compared,
    };
  }
}

async function betterAuthPeer(): Promise<Peer> {
  let compared = 0;
  const auth = betterAuth({
    database: new SqliteDatabase(':memory:'),
    secret,
    baseURL: 'http://localhost:3000',
    emailAndPassword: {
      enabled: true,
      password: {
        hash: (text) => Promise.resolve(text),
        verify({ hash, password: given }) {
          compared += 1;
          return Promise.resolve(hash === given);
        },
      },
    },
    // Its default in production.
    rateLimit: { enabled: true },
    advanced: { ipAddress: { ipAddressHeaders: ['x-forwarded-for'] } },
    logger: { disabled: true },
    telemetry: { enabled: false },
  });
  const { runMigrations } = await getMigrations(auth.options);
  await runMigrations();
  await auth.api.signUpEmail({ body: { email, password, name: 'Ada' } });
  compared = 0;
  return {
    name: 'better-auth',
    async signIn(ip, given) {
      const headers = { 'content-type': 'application/json', 'x-forwarded-for': ip, origin: 'http://localhost:3000' };
      const body = JSON.stringify({ email, password: given });
      const url = 'http://localhost:3000/api/auth/sign-in/email';
      return (await auth.handler(new Request(url, { method: 'POST', headers, body }))).status;
    },
    compared: () => compared,
  };
}

/** The owner at home, during the attack and after it. */
async function ownerOf({ signIn }: Peer): Promise<string> {
  const known = await signIn(home, password, true);
  const other = await signIn(home, password);
  offset += 61_000;
  return `known device ${known}, new device ${other}, a minute later ${await signIn(home, password)}`;
}

for (const [attack, addresses] of [
  ['one address, which is the owner’s', 1],
  ['1,000 addresses, the owner’s among them', 1000],
] as const) {
  for (const create of [ours, betterAuthPeer]) {
    const peer = await create();
    for (let n = 0; n < guesses; n += 1) {
      const from = n % addresses;
      await peer.signIn(from === 0 ? home : `10.1.${from >> 8}.${from & 255}`, `guess ${n}`);
      offset += step;
    }
    const compared = peer.compared();
    console.log(
      `${attack}: ${peer.name}: ${guesses} tries in an hour, ${compared} passwords compared; ${await ownerOf(peer)}`,
    );
  }
}

import { createSessionManager, type CallerInfo, type DeviceInput } from '@trpc-sessions/core';
import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

interface Sample {
  /** How long ago it signed in, and was last seen, in minutes. */
  readonly signedIn: number;
  readonly seen: number;
  /** Of documentation (RFC 5737, RFC 3849): no one has such an address, so its place is given. */
  readonly ip: string;
  readonly place: string;
  readonly userAgent: string;
  readonly hints?: { readonly platformVersion?: string; readonly model?: string };
  readonly device?: DeviceInput;
}

const hour = 60;
const day = 24 * hour;

const samples: readonly Sample[] = [
  {
    signedIn: 40 * day,
    seen: 9 * day,
    ip: '198.51.100.77',
    place: 'Ashburn, United States',
    userAgent: 'python-requests/2.32.4',
  },
  {
    signedIn: 9 * day,
    seen: 6 * day,
    ip: '192.0.2.146',
    place: 'Berlin, Germany',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
  },
  {
    signedIn: 25 * day,
    seen: 3 * day,
    ip: '203.0.113.24',
    place: 'Lisbon, Portugal',
    userAgent:
      'Mozilla/5.0 (SMART-TV; LINUX; Tizen 8.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/7.0 Chrome/120.0.6099.5 TV Safari/537.36',
  },
  {
    signedIn: 21 * day,
    seen: 27 * hour,
    ip: '2001:db8:41:a::17',
    place: 'Lisbon, Portugal',
    userAgent:
      'Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  },
  {
    signedIn: 6 * day,
    seen: 5 * hour,
    ip: '203.0.113.24',
    place: 'Lisbon, Portugal',
    userAgent:
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
    hints: { platformVersion: '"19.0.0"' },
  },
  {
    signedIn: 2 * day,
    seen: 48,
    ip: '198.51.100.9',
    place: 'Porto, Portugal',
    userAgent:
      'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
    hints: { model: '"Pixel 9"', platformVersion: '"16.0.0"' },
  },
  {
    signedIn: 12 * day,
    seen: 4,
    ip: '203.0.113.24',
    place: 'Lisbon, Portugal',
    userAgent:
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  },
];

/** The places of the samples by their address. */
export const samplePlaces: ReadonlyMap<string, string> = new Map(samples.map(({ ip, place }) => [ip, place]));

/** Adds sample sessions of a user, as if they had signed in over the last weeks. Those of an earlier start are replaced. */
export async function addSamples(db: Kysely<Database>, userId: string, keys: string): Promise<void> {
  let now = Date.now();
  const manager = createSessionManager({ db, keys, lifetime: '60d', history: false, clock: () => now });
  try {
    const { sessions } = await manager.list(userId, { limit: 100 });
    const earlier = sessions.filter(({ createdIp }) => createdIp !== null && samplePlaces.has(createdIp));
    await manager.revokeMany({ userId, ids: earlier.map(({ id }) => id) });
    const start = now;
    for (const sample of samples) {
      const caller = callerOf(sample);
      now = start - sample.signedIn * 60_000;
      const { token } = await manager.issue({ userId, caller, device: sample.device });
      now = start - sample.seen * 60_000;
      await manager.verify(token, caller);
      await manager.flush();
    }
  } finally {
    await manager.close();
  }
}

function callerOf({ ip, userAgent, hints }: Sample): Partial<CallerInfo> {
  const { model = null, platformVersion = null } = hints ?? {};
  return { ip, userAgent, clientHints: { brands: null, mobile: null, platform: null, model, platformVersion } };
}

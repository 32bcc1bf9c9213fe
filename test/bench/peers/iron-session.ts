import { getIronSession, sealData } from 'iron-session';
import { secret } from '../floor.ts';
import type { Candidate } from '../measure.ts';
import { cycle } from '../tokens.ts';

/** iron-session: no database, and so no ending of one session. */
export async function createIronSession(sampleCount: number): Promise<Candidate> {
  const options = { password: secret, cookieName: 'session' };
  const seals = await Promise.all(
    Array.from({ length: sampleCount }, (_, n) => sealData({ userId: `user${n}` }, { password: secret })),
  );
  const next = cycle(seals);
  return {
    name: 'iron-session',
    async run() {
      const request = new Request('http://localhost/', { headers: { cookie: `session=${next()}` } });
      const loaded = await getIronSession<{ userId?: string }>(request, new Response(), options);
      return loaded.userId ?? null;
    },
  };
}

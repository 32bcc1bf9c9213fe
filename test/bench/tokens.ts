import type { SessionManager } from '@trpc-sessions/core';

/** A session to ask for, over and over. */
export interface Sample {
  readonly token: string;
  readonly id: string;
}

/** Signs users in: each in a session of their own. */
export async function createSamples(manager: SessionManager, count: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let n = 0; n < count; n += 1) {
    const { token, session } = await manager.issue({ userId: `sample${n}`, claims: { username: `user ${n}` }, caller });
    samples.push({ token, id: session.id });
  }
  return samples;
}

export const caller = {
  ip: '203.0.113.7',
  userAgent:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
};

/** The same text in a new string, as every request brings it. Comparing a string with itself would flatter a memo. */
export function copyOf(text: string): string {
  return Buffer.from(text).toString();
}

/** Goes round and round. */
export function cycle<TItem>(items: readonly TItem[]): () => TItem {
  let next = 0;
  return () => {
    next = (next + 1) % items.length;
    return items[next]!;
  };
}

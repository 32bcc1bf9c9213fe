import { createSessionManager, localBus, memoryCache } from '@trpc-sessions/core';
import { secret } from './floor.ts';
import type { BenchFile } from './sqlite.ts';
import { copyOf, createSamples } from './tokens.ts';

/** Bytes of memory that a cached session takes, its verified token included. Needs `--expose-gc`. */
export async function memoryPerSession({ db }: BenchFile, count: number): Promise<number> {
  const issuer = createSessionManager({ db, keys: secret });
  const samples = await createSamples(issuer, count);
  const cached = createSessionManager({ db, keys: secret, cache: memoryCache({ max: 2 * count }), bus: localBus() });
  const before = usedMemory();
  for (const { token } of samples) await cached.verify(copyOf(token));
  const bytes = (usedMemory() - before) / count;
  await cached.close();
  return Math.round(bytes);
}

function usedMemory(): number {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc');
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

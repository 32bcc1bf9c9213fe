import { createSessionManager, localBus, memoryCache } from '@trpc-sessions/core';
import { secret } from './floor.ts';
import { collectGarbage } from './measure.ts';
import type { BenchFile } from './sqlite.ts';
import { createSamples } from './tokens.ts';

/** Bytes of memory that a cached session takes, its verified token included. Needs `--expose-gc`. */
export async function memoryPerSession({ own: db }: BenchFile, count: number): Promise<number> {
  const issuer = createSessionManager({ db, keys: secret });
  // Outside of the heap: the texts of the samples would change their size when they are read.
  const tokens = (await createSamples(issuer, count)).map(({ token }) => Buffer.from(token));
  const cached = createSessionManager({ db, keys: secret, cache: memoryCache({ max: 2 * count }), bus: localBus() });
  const before = await usedMemory();
  for (const token of tokens) await cached.verify(token.toString());
  const bytes = ((await usedMemory()) - before) / count;
  await cached.close();
  return Math.round(bytes);
}

async function usedMemory(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc');
  // One collection leaves about a third of the garbage.
  await collectGarbage(8);
  return process.memoryUsage().heapUsed;
}

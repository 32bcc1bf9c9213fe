import type { LookedUpRow } from './session.ts';

/** How often a session's token was reissued, up to a token or up to now. */
export function generationOf({ lookup_generation: generation = 0 }: { readonly lookup_generation?: number }): number {
  return generation;
}

/** The generation of the tokens that a session has now. */
export function currentGenerationOf({ generation }: Pick<LookedUpRow, 'generation'>): number {
  return generation ?? 0;
}

/** Answers whether a token of a generation is good: the current one is, and the one before until its grace has passed. */
export function isGoodGeneration(
  row: Pick<LookedUpRow, 'generation' | 'grace_until'>,
  generation: number,
  now: number,
): boolean {
  const current = currentGenerationOf(row);
  if (generation === current) return true;
  return generation === current - 1 && row.grace_until !== null && now < row.grace_until;
}

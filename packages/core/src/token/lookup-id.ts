import { hash, randomBytes } from 'node:crypto';
import { base32 } from './base32.ts';

const size = 20;

/** Makes a lookup id: 20 random bytes (160 bits), as 32 lower-case characters. It is a secret: only the token holds it. */
export function createLookupId(): string {
  return base32(randomBytes(size));
}

/**
 * Names the row of a lookup id: the first 20 bytes of its SHA-256, in the same alphabet.
 * One-way, so that neither the table nor a list of sessions is worth stealing.
 */
export function sessionIdOf(lookupId: string): string {
  return base32(hash('sha256', lookupId, 'buffer').subarray(0, size));
}

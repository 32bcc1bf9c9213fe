import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { base32 } from './base32.ts';

/**
 * Derives a secret from a key that signs, for another purpose than access tokens (RFC 5869). Neither secret opens anything in
 * place of the other.
 */
export function deriveSecret(signing: KeyObject, purpose: string): KeyObject {
  const material = signing.type === 'secret' ? signing.export() : signing.export({ type: 'pkcs8', format: 'der' });
  return createSecretKey(Buffer.from(hkdfSync('sha256', material, '', `trpc-sessions ${purpose}`, 32)));
}

/** Names a text by its keyed hash: 32 characters, as an id has. Without the key, the text cannot be guessed from it. */
export function keyedName(secret: KeyObject, text: string): string {
  return base32(createHmac('sha256', secret).update(text).digest().subarray(0, 20));
}

/** Names a bucket of attempts. Two tables may share a store, such as one Redis. */
export function bucketName(secret: KeyObject, table: string, text: string): string {
  return keyedName(secret, `${table.toLowerCase()} ${text}`);
}

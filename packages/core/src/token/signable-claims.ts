import { SessionUsageError } from '../errors.ts';

/** RFC 7519 §4.1, and those of ours. */
const registeredClaims: ReadonlySet<string> = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'lookup_id',
  'lookup_generation',
]);

/**
 * Returns the claims as a token will hold them. Both are checked, for a `toJSON` may return others than it was given.
 *
 * @throws {SessionUsageError} they are not an object, not JSON, or overwrite a registered claim
 */
export function signableClaims(claims: unknown): Readonly<Record<string, unknown>> {
  requireNames(claims);
  const signed = throughJson(claims);
  requireNames(signed);
  return signed;
}

function throughJson(claims: object): unknown {
  try {
    return JSON.parse(JSON.stringify(claims));
  } catch (cause) {
    throw new SessionUsageError('claims: they cannot be written as JSON', { cause });
  }
}

function requireNames(claims: unknown): asserts claims is Readonly<Record<string, unknown>> {
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) {
    throw new SessionUsageError('claims: expected an object');
  }
  for (const name of Object.keys(claims)) {
    if (registeredClaims.has(name)) {
      throw new SessionUsageError(
        `claims: "${name}" is a registered claim that trpc-sessions sets itself; name yours differently`,
      );
    }
    // Every object has these: readers would take the claim for the inherited property.
    if (name in Object.prototype) throw new SessionUsageError(`claims: "${name}" is not allowed as a claim name`);
  }
}

/** Names the largest claims and their sizes, for an error: `"permissions" (5912), "avatar" (812)`. */
export function largestClaims(claims: Readonly<Record<string, unknown>>): string {
  return Object.entries(claims)
    .map(([name, value]) => ({ name, size: JSON.stringify(value)?.length ?? 0 }))
    .toSorted((a, b) => b.size - a.size)
    .slice(0, 3)
    .map(({ name, size }) => `${JSON.stringify(name.slice(0, 64))} (${size})`)
    .join(', ');
}

/** Returns the app's own claims of a token, without the registered ones. */
export function appClaimsOf(claims: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !registeredClaims.has(name)));
}

import type { KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { deriveSecret, keyedName } from './derived-keys.ts';
import type { Key, KeyRing } from './keys.ts';

/** Its own type, and its own key: a mark is no access token, and an access token no mark (RFC 8725 §3.11). */
const markType = 'trpc-session-mark+jwt';

/** In characters. A mark comes from outside. */
const maxMarkLength = 4096;

/** The device of a mark: it has signed in to the account before. */
export interface MarkedDevice {
  readonly userId: string;
  /** Which of the user's marks it is. */
  readonly number: number;
}

/** Signs and verifies device marks. */
export interface DeviceMarks {
  /**
   * @param account - the mark is good for this account alone, and holds its keyed hash
   * @param expiresAt - in milliseconds
   */
  sign(device: MarkedDevice, account: string, expiresAt: number): string;
  /** Verifies a mark of an account, without the database; `undefined` if it is not valid. */
  verify(text: string, account: string): MarkedDevice | undefined;
}

export function createDeviceMarks(keys: KeyRing, clock: () => number): DeviceMarks {
  const secrets = new WeakMap<Key, KeyObject>();

  function secretOf(key: Key): KeyObject | undefined {
    const known = secrets.get(key);
    if (known !== undefined || key.signing === undefined) return known;
    const secret = deriveSecret(key.signing, 'device marks');
    secrets.set(key, secret);
    return secret;
  }

  /** The claims of a mark that one of these keys has signed for the account. */
  function read(text: string, account: string, candidates: readonly Key[]): jwt.JwtPayload | undefined {
    for (const key of candidates) {
      const secret = secretOf(key);
      if (secret === undefined) continue;
      try {
        const claims = jwt.verify(text, secret, {
          algorithms: ['HS256'],
          // jsonwebtoken takes a clock at zero for a missing one.
          ignoreExpiration: true,
        });
        const isOfAccount = typeof claims === 'object' && claims['account'] === keyedName(secret, account);
        return isOfAccount ? claims : undefined;
      } catch {
        // An older key may have signed it.
      }
    }
    return undefined;
  }

  return {
    sign({ userId, number }, account, expiresAt) {
      const { signer } = keys;
      const secret = secretOf(signer) ?? deriveSecret(signer.signing, 'device marks');
      const claims = {
        sub: userId,
        account: keyedName(secret, account),
        number,
        iat: Math.floor(clock() / 1000),
        exp: Math.floor(expiresAt / 1000),
      };
      return jwt.sign(JSON.stringify(claims), secret, {
        header: { alg: 'HS256', typ: markType },
        ...(signer.kid !== undefined && { keyid: signer.kid }),
      });
    },

    verify(text, account) {
      if (text.length > maxMarkLength) return undefined;
      const header = headerOf(text);
      if (header?.typ !== markType || header.alg !== 'HS256') return undefined;
      const claims = read(text, account, keys.find(header.kid));
      if (claims === undefined) return undefined;
      const { sub: userId, number, exp }: Record<string, unknown> = claims;
      if (typeof userId !== 'string' || typeof number !== 'number') return undefined;
      return typeof exp === 'number' && exp * 1000 > clock() ? { userId, number } : undefined;
    },
  };
}

function headerOf(text: string): jwt.JwtHeader | undefined {
  try {
    return jwt.decode(text, { complete: true })?.header;
  } catch {
    // Its payload is no JSON, and the error quotes it.
    return undefined;
  }
}

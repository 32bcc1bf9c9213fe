import { inspect } from 'node:util';

/** Returns the object that it was given, so that a class that extends it adds its private fields to that object. */
// oxlint-disable-next-line typescript/no-extraneous-class -- only a constructor can do this
class Given {
  constructor(given: object) {
    // oxlint-disable-next-line no-constructor-return -- that is all it does
    return given;
  }
}

/** Adds a token to its claims as a private field, which no log shows and no copy has. The claims' lookup id is read from it. */
class ClaimsOfToken extends Given {
  readonly #token: string;

  constructor(claims: object, token: string) {
    super(claims);
    this.#token = token;
  }

  static lookupIdOf(claims: ClaimsOfToken): string {
    return lookupIdIn(claims.#token);
  }
}

/** Reads the lookup id again. Few ever ask for it, and a million cached sessions would keep a copy each. */
function lookupIdIn(token: string): string {
  const [, payload = ''] = token.split('.');
  const { lookup_id: lookupId }: { lookup_id: string } = JSON.parse(Buffer.from(payload, 'base64url').toString());
  return lookupId;
}

/** Not enumerable. All claims share these functions: with functions of their own, each would take 700 bytes more. */
const properties: PropertyDescriptorMap & ThisType<ClaimsOfToken> = {
  lookup_id: {
    get() {
      return ClaimsOfToken.lookupIdOf(this);
    },
  },
  [inspect.custom]: {
    value(): object {
      // oxlint-disable-next-line typescript/no-misused-spread -- the object is a plain one
      return { ...this };
    },
  },
};

/**
 * Returns claims whose lookup id stays readable, and which no log shows: not even `util.inspect` of hidden properties.
 *
 * @param token - the verified token of these claims
 */
export function hideLookupId<TClaims extends { readonly lookup_id: string }>(claims: TClaims, token: string): TClaims {
  const { lookup_id: _, ...shown } = claims;
  // oxlint-disable-next-line no-new -- it is `shown` itself
  new ClaimsOfToken(shown, token);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `properties` have the one that was taken out
  return Object.defineProperties(shown, properties) as unknown as TClaims;
}

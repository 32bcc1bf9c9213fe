import { inspect } from 'node:util';

/** Returns the object that it was given, so that a class that extends it adds its private fields to that object. */
// oxlint-disable-next-line typescript/no-extraneous-class -- only a constructor can do this
class Given {
  constructor(given: object) {
    // oxlint-disable-next-line no-constructor-return -- that is all it does
    return given;
  }
}

/** Adds the lookup id to an object as a private field, which no log shows and no copy has. It costs eight bytes. */
class HiddenLookupId extends Given {
  readonly #lookupId: string;

  constructor(claims: object, lookupId: string) {
    super(claims);
    this.#lookupId = lookupId;
  }

  static of(claims: HiddenLookupId): string {
    return claims.#lookupId;
  }
}

/** Not enumerable. All claims share these functions: with functions of their own, each would take 700 bytes more. */
const properties: PropertyDescriptorMap & ThisType<HiddenLookupId> = {
  lookup_id: {
    get() {
      return HiddenLookupId.of(this);
    },
  },
  [inspect.custom]: {
    value(): object {
      // oxlint-disable-next-line typescript/no-misused-spread -- the object is a plain one
      return { ...this };
    },
  },
};

/** Returns claims whose lookup id stays readable, and which no log shows: not even `util.inspect` of hidden properties. */
export function hideLookupId<TClaims extends { readonly lookup_id: string }>(claims: TClaims): TClaims {
  const { lookup_id: lookupId, ...shown } = claims;
  // oxlint-disable-next-line no-new -- it is `shown` itself
  new HiddenLookupId(shown, lookupId);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `properties` have the one that was taken out
  return Object.defineProperties(shown, properties) as unknown as TClaims;
}

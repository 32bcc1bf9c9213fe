import type { TRPCError } from '@trpc/server';

/** Describes the symbol under which tRPC keeps the shape of an error that `.errors()` has formatted. */
const description = 'trpc_formattedErrorShape';

const isShapeKey = (key: string | symbol): boolean => typeof key === 'symbol' && key.description === description;

/**
 * Lets every copy of tRPC find the shape that one of them made. The symbol differs from copy to copy, and an app that
 * has two would lose the reason of a refusal.
 */
export function formattedForAllCopies(error: TRPCError): TRPCError {
  function shape(): unknown {
    const key = Object.getOwnPropertySymbols(error).find(isShapeKey);
    return key === undefined ? undefined : Reflect.get(error, key);
  }
  const prototype: object = Object.create(Object.getPrototypeOf(error));
  return Object.setPrototypeOf(
    error,
    new Proxy(prototype, {
      has: (target, key) => (isShapeKey(key) ? shape() !== undefined : Reflect.has(target, key)),
      get: (target, key, receiver) => (isShapeKey(key) ? shape() : Reflect.get(target, key, receiver)),
    }),
  );
}

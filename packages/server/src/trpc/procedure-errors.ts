import type { initTRPC } from '@trpc/server';

interface HasErrors<TFormatter> {
  errors(formatter: TFormatter): unknown;
}

/** Whether tRPC has `.errors()`, as it does since 11.22. Before, the app's `errorFormatter` is the only one. */
export function hasErrors(builder: object): boolean {
  return 'errors' in builder;
}

/** Adds `.errors()` to a builder, if tRPC has it. */
export function withErrors<TFormatter, TBuilder extends HasErrors<TFormatter>>(
  builder: TBuilder,
  formatter: TFormatter,
): ReturnType<TBuilder['errors']> {
  const formatted = hasErrors(builder) ? builder.errors(formatter) : builder;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- to the types, tRPC is as new as the installed one
  return formatted as ReturnType<TBuilder['errors']>;
}

/**
 * Requires a release of tRPC that has all that we need.
 *
 * @throws {Error} tRPC is older than 11.0
 */
export function requireTRPC11(t: typeof initTRPC): void {
  if (typeof Reflect.get(t.create().procedure, 'concat') === 'function') return;
  throw new Error('@trpc-sessions/server needs tRPC 11.0 or later: npm install @trpc/server@11 @trpc/client@11');
}

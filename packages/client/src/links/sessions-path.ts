import { sharedByCopies } from '../shared-by-copies.ts';
import type { TokenStore } from '../tokens/token-store.ts';

const prefixes = /* @__PURE__ */ sharedByCopies('prefixes', () => new WeakMap<TokenStore, string>());

/** Records where the sessions router of a store's server is nested: `'auth.'`, or `''` at the root. */
export function notePrefix(tokens: TokenStore, prefix: string): void {
  prefixes.set(tokens, prefix);
}

/** Returns the path of a procedure as tRPC writes it in query keys; `null` if no link of ours uses the store. */
export function pathInKeys(tokens: TokenStore, procedure: string): readonly string[] | null {
  const prefix = prefixes.get(tokens);
  return prefix === undefined ? null : `${prefix}${procedure}`.split('.');
}

import { build } from 'esbuild';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

// The bytes that our client adds to the bundle of a page, compressed, beside tRPC and TanStack Query, which the page has anyway.

const trpc = "import { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink } from '@trpc/client';";
const query = "export * from '@tanstack/react-query';";
const links = [
  "import { localStorageTokenStore, sessionLinks } from '@trpc-sessions/client';",
  "export const tokens = localStorageTokenStore(); export const links = sessionLinks({ url: '/', tokens });",
].join('\n');

/** The size of the file that a page loads at first. A later import is in another file. */
async function sizeOf(...code: string[]): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: code.join('\n'), resolveDir: new URL('..', import.meta.url).pathname, sourcefile: 'page.js' },
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    outdir: '/',
    write: false,
    platform: 'browser',
    target: 'es2024',
    // The last is imported later. Its shared parts would be in a file of their own, which the page loads at first.
    external: ['react', 'react/*', './follow-live.ts'],
    conditions: ['@trpc-sessions/source'],
  });
  const page = outputFiles.find(({ path }) => path.endsWith('stdin.js'));
  return gzipSync(page?.contents ?? '', { level: 9 }).length;
}

test.each<[string, number, string[], string[]]>([
  [
    'sessionLink and sessionHeaders',
    1750,
    [trpc, 'export { createTRPCClient, httpBatchLink };'],
    ["export { sessionHeaders, sessionLink } from '@trpc-sessions/client';"],
  ],
  [
    'sessionLinks, until a subscription is made',
    3000,
    [trpc, 'export { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink };'],
    ["export { sessionLinks } from '@trpc-sessions/client';"],
  ],
  [
    'the provider and useSession, in a page with our links',
    3000,
    [trpc, query, 'export { createTRPCClient };', links],
    ["export { SessionProvider, useSession } from '@trpc-sessions/client/react';"],
  ],
  [
    'the provider, useSession and useSessions',
    3750,
    [trpc, query, 'export { createTRPCClient };', links],
    ["export { SessionProvider, useSession, useSessions } from '@trpc-sessions/client/react';"],
  ],
  [
    'all hooks',
    3900,
    [trpc, query, 'export { createTRPCClient };', links],
    ["export * from '@trpc-sessions/client/react';"],
  ],
])('%s take at most %i bytes', async (_, limit, page, ours) => {
  const added = (await sizeOf(...page, ...ours)) - (await sizeOf(...page));
  expect(added).toBeGreaterThan(0);
  expect(added).toBeLessThanOrEqual(limit);
});

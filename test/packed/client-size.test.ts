import { build } from 'esbuild';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

// The bytes that our client adds to the bundle of a page, compressed, beside tRPC and TanStack Query, which the page has anyway.

const trpc = "import { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink } from '@trpc/client';";
const query = "export * from '@tanstack/react-query';";
const hooks = "export * from '@trpc-sessions/client/react';";
const links = [
  "import { localStorageTokenStore, sessionLinks } from '@trpc-sessions/client';",
  "export const tokens = localStorageTokenStore(); export const links = sessionLinks({ url: '/', tokens });",
].join('\n');

/** The file that a page loads at first. A later import is in another file. */
async function bundle(...code: string[]): Promise<string> {
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
    // The last two are imported later. Their shared parts would be in a file of their own, which the page loads at first.
    external: ['react', 'react/*', './follow-live.ts', './list-later.ts'],
    conditions: ['@trpc-sessions/source'],
  });
  const page = outputFiles.find(({ path }) => path.endsWith('stdin.js'));
  return page?.text ?? '';
}

function sizeOf(text: string): number {
  return gzipSync(text, { level: 9 }).length;
}

test.each<[string, number, string[], string[]]>([
  [
    'sessionLink and sessionHeaders',
    1500,
    [trpc, 'export { createTRPCClient, httpBatchLink };'],
    ["export { sessionHeaders, sessionLink } from '@trpc-sessions/client';"],
  ],
  [
    'sessionLinks, until a subscription is made',
    2200,
    [trpc, 'export { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink };'],
    ["export { sessionLinks } from '@trpc-sessions/client';"],
  ],
  [
    'the provider and useSession, in a page with our links',
    2500,
    [trpc, query, 'export { createTRPCClient };', links],
    ["export { SessionProvider, useSession } from '@trpc-sessions/client/react';"],
  ],
  [
    'the provider, useSession and useSessions',
    3000,
    [trpc, query, 'export { createTRPCClient };', links],
    ["export { SessionProvider, useSession, useSessions } from '@trpc-sessions/client/react';"],
  ],
  ['all hooks', 3150, [trpc, query, 'export { createTRPCClient };', links], [hooks]],
  [
    'the ready screen, beside the hooks',
    8000,
    [trpc, query, 'export { createTRPCClient };', links, hooks],
    ["export { Sessions } from '@trpc-sessions/client/ui';"],
  ],
  [
    'the ready screen, its parts and the texts in Arabic, beside the hooks',
    9400,
    [trpc, query, 'export { createTRPCClient };', links, hooks],
    ["export * from '@trpc-sessions/client/ui';"],
  ],
])('%s take at most %i bytes', async (_, limit, page, ours) => {
  const added = sizeOf(await bundle(...page, ...ours)) - sizeOf(await bundle(...page));
  expect(added).toBeGreaterThan(0);
  expect(added).toBeLessThanOrEqual(limit);
});

test('a page in English has no text in Arabic', async () => {
  const hasArabic = async (names: string) =>
    (await bundle(`export { ${names} } from '@trpc-sessions/client/ui';`)).includes('language:"ar"');
  expect([await hasArabic('Sessions'), await hasArabic('Sessions, labelsAr')]).toEqual([false, true]);
});

test('the style of the ready screen takes at most 3300 bytes', async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: "@import '@trpc-sessions/client/ui.css';",
      resolveDir: new URL('..', import.meta.url).pathname,
      loader: 'css',
    },
    bundle: true,
    minify: true,
    write: false,
  });
  const size = sizeOf(outputFiles[0]?.text ?? '');
  expect(size).toBeGreaterThan(1000);
  expect(size).toBeLessThanOrEqual(3300);
});

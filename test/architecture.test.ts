import { globSync, readFileSync } from 'node:fs';
import { basename, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

// Who may know whom: a reader should be able to trust the list of files.

const root = new URL('..', import.meta.url).pathname;
const sources = globSync('packages/*/src/**/*.{ts,tsx}', { cwd: root }).filter(
  (file) => !/\.test\.|\/testing\//.test(file),
);

interface Import {
  readonly from: string;
  readonly typesOnly: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(resolve(root, file), 'utf8');
  const statements = text.matchAll(/^(?:import|export)\s(?<what>[^;]*?)from\s'(?<from>[^']+)';/gm);
  return [...statements].map(({ groups }) => ({
    from: groups?.['from'] ?? '',
    typesOnly: /^type\b/.test(groups?.['what'] ?? ''),
  }));
}

/** The files that import a package. */
function importersOf(name: RegExp): string[] {
  return sources
    .filter((file) => importsOf(file).some(({ from }) => name.test(from)))
    .map((file) => relative('packages', file));
}

/** Layer by layer: a file of core imports only from files above it. */
const layersOfCore = [
  ['errors', 'recent', 'caller', 'schema', 'base32', 'duration', 'table', 'statement', 'user-agents', 'bus', 'ended'],
  ['password'],
  ['keys', 'lookup-id', 'device', 'dialect', 'lookups', 'remote-bus', 'postgres-statements', 'mysql'],
  ['session', 'migrations', 'token'],
  ['queries', 'cache', 'events'],
  ['store'],
  ['options', 'broadcast', 'touch', 'verified-tokens', 'page', 'purge'],
  ['verify'],
  ['manager'],
  ['index', 'sqlite', 'redis', 'postgres'],
  ['cli-text', 'cli-keys'],
  ['cli-database'],
  ['cli-migrations', 'cli-stats'],
  ['cli-commands'],
  ['cli'],
];

describe('in core', () => {
  const files = sources.filter((file) => file.startsWith('packages/core/')).map((file) => basename(file, '.ts'));

  test('every file has its layer', () => {
    expect(files.filter((file) => !layersOfCore.flat().includes(file))).toEqual([]);
  });

  test.each(files)('%s imports only from the layers above it', (file) => {
    const layer = layersOfCore.findIndex((names) => names.includes(file));
    const above = new Set(layersOfCore.slice(0, layer).flat());
    const own = importsOf(`packages/core/src/${file}.ts`).filter(({ from }) => from.startsWith('.'));
    expect(own.map(({ from }) => basename(from, '.ts')).filter((name) => !above.has(name))).toEqual([]);
  });
});

test.each<[string, RegExp, string[]]>([
  ['jsonwebtoken', /^jsonwebtoken$/, ['core/src/keys.ts', 'core/src/token.ts']],
  ['ua-parser-js', /^ua-parser-js$/, ['core/src/device.ts']],
  ['ms', /^ms$/, ['core/src/duration.ts']],
  ['argon2', /argon2/, ['core/src/password.ts']],
  ['proxy-addr', /^proxy-addr$/, ['server/src/address.ts']],
  ['cookies', /^cookie$/, ['server/src/cookie.ts']],
])('only one file knows %s', (_, name, files) => {
  expect(importersOf(name)).toEqual(files);
});

test('core knows neither tRPC nor HTTP', () => {
  expect(importersOf(/^@trpc\/|^(?:node:)?https?$/).filter((file) => file.startsWith('core/'))).toEqual([]);
});

test("no package uses what tRPC asks not to be imported, nor a package's inside", () => {
  expect(importersOf(/unstable-core-do-not-import|@trpc-sessions\/\w+\/(?:src|dist)/)).toEqual([]);
});

test('server takes from core its index only', () => {
  const paths = sources.filter((file) => file.startsWith('packages/server/')).flatMap(importsOf);
  const ours = new Set(paths.map(({ from }) => from).filter((from) => from.startsWith('@trpc-sessions/')));
  expect([...ours]).toEqual(['@trpc-sessions/core']);
});

test('client takes from server its types only, and from core nothing', () => {
  for (const file of sources.filter((each) => each.startsWith('packages/client/'))) {
    for (const { from, typesOnly } of importsOf(file)) {
      if (!from.startsWith('@trpc-sessions/')) continue;
      expect({ file, from, typesOnly }).toEqual({ file, from: '@trpc-sessions/server', typesOnly: true });
    }
  }
});

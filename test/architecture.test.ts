import { globSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
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

/** With what it takes, for what it does alone, and when it is run. */
const importStatements = [
  /^(?:import|export)\s(?<what>[^;']*?)from\s'(?<from>[^']+)';/gm,
  /^import\s'(?<from>[^']+)';/gm,
  /\bimport\('(?<from>[^']+)'\)/g,
];

function importsOf(file: string): Import[] {
  const text = readFileSync(resolve(root, file), 'utf8');
  return importStatements.flatMap((statement) =>
    [...text.matchAll(statement)].map(({ groups }) => ({
      from: groups?.['from'] ?? '',
      typesOnly: /^type\b/.test(groups?.['what'] ?? ''),
    })),
  );
}

/** What a file imports of the files about it, as paths from the root. */
function neighboursOf(file: string): string[] {
  const own = importsOf(file).filter(({ from }) => from.startsWith('.'));
  return own.map(({ from }) => relative(root, resolve(root, dirname(file), from)));
}

/** The files that import a package. */
function importersOf(name: RegExp): string[] {
  return sources
    .filter((file) => importsOf(file).some(({ from }) => name.test(from)))
    .map((file) => relative('packages', file));
}

/** Layer by layer: a file imports only from layers above its own. */
const layersOf: Readonly<Record<string, readonly (readonly string[])[]>> = {
  core: [
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
  ],
  server: [
    ['request', 'errors', 'inputs', 'watches', 'wire'],
    ['address', 'challenge', 'cookie', 'sockets', 'streams'],
    ['context'],
    ['authenticated'],
    ['router'],
    ['plugin'],
    ['index'],
  ],
  client: [
    ['errors', 'event-source', 'kept-token', 'tokens'],
    ['cookie-tokens', 'sent-token'],
    ['headers', 'refused-token'],
    ['links'],
    ['index'],
    ['react/generation', 'react/session-client'],
    ['react/queries'],
    ['react/provider'],
    ['react/use-session', 'react/use-sessions'],
    ['react/index'],
  ],
};

describe.each(Object.entries(layersOf))('in %s', (name, layers) => {
  const folder = `packages/${name}/src`;
  const files = sources.filter((file) => file.startsWith(`${folder}/`));
  const nameOf = (file: string): string => relative(folder, file).replace(/\.tsx?$/, '');

  test('every file has its layer', () => {
    expect(files.map(nameOf).toSorted()).toEqual(layers.flat().toSorted());
  });

  test.each(files)('%s imports only from the layers above it', (file) => {
    const layer = layers.findIndex((names) => names.includes(nameOf(file)));
    const above = new Set(layers.slice(0, layer).flat());
    expect(neighboursOf(file).filter((each) => !above.has(nameOf(each)))).toEqual([]);
  });
});

test.each<[string, RegExp, string[]]>([
  ['jsonwebtoken', /^jsonwebtoken$/, ['core/src/keys.ts', 'core/src/token.ts']],
  ['ua-parser-js', /^ua-parser-js$/, ['core/src/device.ts']],
  ['ms', /^ms$/, ['core/src/duration.ts']],
  ['argon2', /argon2/, ['core/src/password.ts']],
  ['proxy-addr', /^proxy-addr$/, ['server/src/address.ts']],
  ['cookies', /^cookie$/, ['server/src/cookie.ts']],
])('few files know %s', (_, name, files) => {
  expect(importersOf(name)).toEqual(files);
});

test('drivers are the app’s: few files load one', () => {
  const driver = /^(?:better-sqlite3|pg|mysql2|ioredis|redis)$/;
  const loading = sources.filter((file) =>
    importsOf(file).some(({ from, typesOnly }) => driver.test(from) && !typesOnly),
  );
  expect(loading).toEqual(['packages/core/src/cli-database.ts', 'packages/core/src/postgres.ts']);
});

/** The query builder at work, or SQL as a text. */
const sqlSpoken =
  /\bsql\b[^;']*from 'kysely'|\.(?:selectFrom|insertInto|updateTable|deleteFrom|createTable|createIndex|dropTable|executeQuery)\(|['"`](?:select|insert into|update \w+ set|delete from|pragma|listen|notify)\s/;

test('few files speak SQL', () => {
  const speakers = sources.filter((file) => sqlSpoken.test(readFileSync(resolve(root, file), 'utf8')));
  expect(speakers.map((file) => relative('packages/core/src', file)).toSorted()).toEqual([
    'cli-migrations.ts',
    'cli-stats.ts',
    'dialect.ts',
    'migrations.ts',
    'postgres.ts',
    'queries.ts',
    'sqlite.ts',
    'statement.ts',
    'store.ts',
  ]);
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

describe('from outside, a package has no door but its exports', () => {
  const doors = new Set(
    globSync('{packages,apps}/*/package.json', { cwd: root }).flatMap((file) => {
      const { name, exports }: { name: string; exports: object } = JSON.parse(
        readFileSync(resolve(root, file), 'utf8'),
      );
      return Object.keys(exports).map((path) => name + path.slice(1));
    }),
  );
  const codeOf = (folder: string): string[] =>
    globSync(`${folder}/**/*.{ts,tsx}`, { cwd: root }).filter((file) => !/node_modules|\/dist\//.test(file));
  const ours = (file: string): string[] =>
    importsOf(file).flatMap(({ from }) => (from.startsWith('@trpc-sessions/') ? [from] : []));

  test.each([
    ['the demo', codeOf('apps/demo')],
    ['the tests', codeOf('test')],
    ['the pages', ['README.md', ...globSync('docs/*.md', { cwd: root })]],
  ])('for %s', (_, files) => {
    expect(new Set(files.flatMap(ours)).size).toBeGreaterThan(3);
    expect(files.flatMap((file) => ours(file).filter((from) => !doors.has(from)))).toEqual([]);
  });

  test('which the demo does not leave', () => {
    expect(
      codeOf('apps/demo')
        .flatMap(neighboursOf)
        .filter((file) => !file.startsWith('apps/demo/')),
    ).toEqual([]);
  });

  test('past which few tests reach', () => {
    const deep = codeOf('test').filter((file) => neighboursOf(file).some((each) => !each.startsWith('test/')));
    expect(deep).toEqual([
      // A hundred nodes in made-up time, made of the cache and the broadcast themselves.
      'test/scaling/simulate.ts',
    ]);
  });
});

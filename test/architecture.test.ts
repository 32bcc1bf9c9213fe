import { globSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

// The imports that the layout allows: a reader can trust the list of folders.

const root = new URL('..', import.meta.url).pathname;
const sources = globSync('packages/*/src/**/*.{ts,tsx}', { cwd: root }).filter(
  (file) => !/\.test\.|\/testing\//.test(file),
);

interface Import {
  readonly from: string;
  readonly typesOnly: boolean;
}

/** With bindings, for side effects alone, and dynamic. */
const importStatements = [
  /^(?:import|export)\s(?<bindings>[^;']*?)from\s'(?<from>[^']+)';/gm,
  /^import\s'(?<from>[^']+)';/gm,
  /\bimport\('(?<from>[^']+)'\)/g,
];

function importsOf(file: string): Import[] {
  const text = readFileSync(resolve(root, file), 'utf8');
  return importStatements.flatMap((statement) =>
    [...text.matchAll(statement)].map(({ groups }) => ({
      from: groups?.['from'] ?? '',
      typesOnly: /^type\b/.test(groups?.['bindings'] ?? ''),
    })),
  );
}

/** The relative imports of a file, as paths from the root. */
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

/** Which rooms each room may import from. A file that stands in no folder is a room of its own, named by the file. */
const roomsOf: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  core: {
    errors: [],
    duration: [],
    chunks: [],
    'known-options': [],
    'shared-by-copies': [],
    session: ['errors'],
    'sign-in': [],
    password: ['errors', 'session', 'shared-by-copies'],
    bus: ['session', 'duration', 'chunks', 'sign-in'],
    cache: ['session', 'duration', 'known-options'],
    token: ['errors', 'cache'],
    drivers: ['duration', 'known-options', 'shared-by-copies'],
    edge: ['errors', 'duration', 'known-options', 'session', 'token'],
    store: ['errors', 'chunks', 'known-options', 'session', 'sign-in', 'drivers'],
    adapters: ['bus', 'cache', 'sign-in', 'drivers'],
    manager: [
      'errors',
      'duration',
      'known-options',
      'shared-by-copies',
      'session',
      'sign-in',
      'token',
      'drivers',
      'store',
      'cache',
      'bus',
    ],
    index: [
      'errors',
      'duration',
      'password',
      'session',
      'sign-in',
      'token',
      'drivers',
      'store',
      'cache',
      'bus',
      'manager',
    ],
    cli: ['duration', 'session', 'sign-in', 'token', 'store'],
  },
  server: {
    faults: [],
    'formatted-shape': [],
    'known-options': [],
    trpc: [],
    errors: ['faults', 'formatted-shape', 'trpc'],
    request: ['known-options'],
    live: ['errors', 'request'],
    authenticated: ['errors', 'request', 'live', 'trpc'],
    locate: ['known-options', 'request'],
    captcha: ['known-options'],
    'sign-in': ['errors', 'known-options', 'request', 'authenticated', 'captcha'],
    procedures: ['errors', 'request', 'live', 'authenticated', 'locate', 'captcha', 'sign-in', 'trpc'],
    options: ['errors', 'authenticated', 'procedures', 'locate', 'captcha', 'sign-in'],
    plugin: ['errors', 'options', 'live', 'locate', 'authenticated', 'procedures', 'captcha', 'sign-in', 'trpc'],
    'test-caller': [],
    index: [
      'test-caller',
      'errors',
      'request',
      'authenticated',
      'locate',
      'procedures',
      'captcha',
      'sign-in',
      'plugin',
      'trpc',
    ],
  },
  client: {
    property: [],
    errors: ['property'],
    options: ['property'],
    'shared-by-copies': [],
    tokens: ['property', 'errors', 'options', 'shared-by-copies'],
    links: ['property', 'errors', 'options', 'tokens'],
    'received-session': [],
    watch: ['errors', 'received-session', 'tokens', 'links'],
    react: ['property', 'errors', 'shared-by-copies', 'received-session', 'tokens', 'links', 'watch'],
    ui: ['errors', 'react'],
    index: ['errors', 'received-session', 'tokens', 'links', 'watch'],
  },
};

describe.each(Object.entries(roomsOf))('the layout of %s', (name, rooms) => {
  const folder = `packages/${name}/src`;
  const files = sources.filter((file) => file.startsWith(`${folder}/`));
  const roomOf = (file: string): string => /^[^/.]+/.exec(relative(folder, file))?.[0] ?? '';

  test('has every file in a planned room', () => {
    expect([...new Set(files.map(roomOf))].toSorted()).toEqual(Object.keys(rooms).toSorted());
  });

  test.each(Object.entries(rooms))('lets %s import only from the rooms below it', (room, allowed) => {
    const imported = files.filter((file) => roomOf(file) === room).flatMap((file) => neighboursOf(file).map(roomOf));
    const others = new Set(imported.filter((each) => each !== room));
    expect([...others].filter((each) => !allowed.includes(each))).toEqual([]);
  });

  test('has no circle of imports', () => {
    const visit = (room: string, path: readonly string[]): void => {
      expect(path).not.toContain(room);
      for (const next of rooms[room] ?? []) visit(next, [...path, room]);
    };
    for (const room of Object.keys(rooms)) visit(room, []);
  });
});

test('the folders of the ready screen import from each other in one direction', () => {
  const order = ['labels', 'icons', 'screen', 'parts', 'styled'];
  const folder = 'packages/client/src/ui';
  const placeOf = (file: string): number => order.indexOf(relative(folder, file).split('/')[0] ?? '');
  const files = sources.filter((file) => placeOf(file) !== -1);
  expect(new Set(files.map(placeOf)).size).toBe(order.length);
  const upward = files.filter((file) => neighboursOf(file).some((each) => placeOf(each) > placeOf(file)));
  expect(upward).toEqual([]);
});

test.each<[string, RegExp, string[]]>([
  [
    'jsonwebtoken',
    /^jsonwebtoken$/,
    ['core/src/token/access-token.ts', 'core/src/token/device-mark.ts', 'core/src/token/keys.ts'],
  ],
  [
    'ua-parser-js',
    /^ua-parser-js$/,
    [
      'core/src/session/device/browser.ts',
      'core/src/session/device/hardware.ts',
      'core/src/session/device/system.ts',
      'core/src/session/device/user-agent.ts',
    ],
  ],
  [
    'rate-limiter-flexible',
    /^rate-limiter-flexible/,
    [
      'core/src/sign-in/attempt-waits.ts',
      'core/src/sign-in/rate-limiters.ts',
      'core/src/sign-in/store-limiter.ts',
      'core/src/adapters/redis/limiter.ts',
    ],
  ],
  ['ms', /^ms$/, ['core/src/duration.ts']],
  ['argon2', /argon2/, ['core/src/password/password.ts']],
  ['proxy-addr', /^proxy-addr$/, ['server/src/request/trust-proxy.ts', 'server/src/locate/this-network.ts']],
  ['cookies', /^cookie$/, ['server/src/request/cookie.ts']],
  [
    'zod',
    /^zod/,
    [
      'server/src/options.ts',
      'server/src/procedures/admin-inputs.ts',
      'server/src/procedures/inputs.ts',
      'server/src/procedures/login-input.ts',
    ],
  ],
])('only the listed files import %s', (_, name, files) => {
  expect(importersOf(name)).toEqual(files);
});

test('only the bus of PostgreSQL and the command line load a driver, which is the app’s', () => {
  const driver = /^(?:better-sqlite3|pg|mysql2|ioredis|redis)$/;
  const loading = sources.filter((file) =>
    importsOf(file).some(({ from, typesOnly }) => driver.test(from) && !typesOnly),
  );
  expect(loading.toSorted()).toEqual([
    'packages/core/src/adapters/postgres/bus.ts',
    'packages/core/src/cli/database-url.ts',
  ]);
});

/** A call of the query builder, or SQL as text. */
const sqlSpoken =
  /\bsql\b[^;']*from 'kysely'|\.(?:selectFrom|insertInto|updateTable|deleteFrom|createTable|createIndex|dropTable|executeQuery)\(|['"`](?:select|insert into|update \w+ set|delete from|pragma|listen|notify)\s/;

test('only the store, the drivers, two adapters and the command line contain SQL', () => {
  const speakers = sources.filter((file) => sqlSpoken.test(readFileSync(resolve(root, file), 'utf8')));
  const rooms = new Set(speakers.map((file) => relative('packages/core/src', file).replace(/\/[^/]+$/, '')));
  expect([...rooms].toSorted()).toEqual([
    'adapters/postgres',
    'adapters/sqlite',
    'cli',
    'drivers/sqlite',
    'store',
    'store/dialects',
    'store/migrations',
    'store/order',
  ]);
});

test('core imports neither tRPC nor HTTP', () => {
  expect(importersOf(/^@trpc\/|^(?:node:)?https?$/).filter((file) => file.startsWith('core/'))).toEqual([]);
});

test("no package imports tRPC's internal entry points, nor another package's files", () => {
  expect(importersOf(/unstable-core-do-not-import|@trpc-sessions\/\w+\/(?:src|dist)/)).toEqual([]);
});

test('server imports only the index of core', () => {
  const paths = sources.filter((file) => file.startsWith('packages/server/')).flatMap(importsOf);
  const ours = new Set(paths.map(({ from }) => from).filter((from) => from.startsWith('@trpc-sessions/')));
  expect([...ours]).toEqual(['@trpc-sessions/core']);
});

test('client imports only types of server, and nothing of core', () => {
  for (const file of sources.filter((each) => each.startsWith('packages/client/'))) {
    for (const { from, typesOnly } of importsOf(file)) {
      if (!from.startsWith('@trpc-sessions/')) continue;
      expect({ file, from, typesOnly }).toEqual({ file, from: '@trpc-sessions/server', typesOnly: true });
    }
  }
});

describe('outside a package, only its exports are imported', () => {
  const doors = new Set(
    globSync('{packages,apps}/*/package.json', { cwd: root }).flatMap((file) => {
      const { name, exports = {} }: { name: string; exports?: object } = JSON.parse(
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
    ['the app of Next.js', codeOf('apps/next')],
    ['the app of Nuxt', codeOf('apps/nuxt')],
    ['the tests', codeOf('test')],
    ['the pages', globSync(['README.md', 'docs/**/*.md', 'packages/*/README.md'], { cwd: root })],
  ])('by %s', (_, files) => {
    expect(new Set(files.flatMap(ours)).size).toBeGreaterThan(3);
    expect(files.flatMap((file) => ours(file).filter((from) => !doors.has(from)))).toEqual([]);
  });

  test('and the demo imports no file outside its folder', () => {
    expect(
      codeOf('apps/demo')
        .flatMap(neighboursOf)
        .filter((file) => !file.startsWith('apps/demo/')),
    ).toEqual([]);
  });

  test('except by the listed tests', () => {
    const deep = codeOf('test').filter((file) => neighboursOf(file).some((each) => !each.startsWith('test/')));
    expect(deep.toSorted()).toEqual([
      // Runs the command line inside the test's own process.
      'test/cli/command-line.ts',
      // Simulates a hundred nodes with the cache and the broadcast themselves.
      'test/scaling/simulate.ts',
    ]);
  });
});

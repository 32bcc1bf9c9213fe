import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { sessionErrors, type SessionErrorEntry } from '@trpc-sessions/core';
import { describe, expect, test } from 'vitest';

const root = new URL('..', import.meta.url).pathname;
const pages = ['README.md', ...globSync('docs/*.md', { cwd: root })];
const read = (page: string): string => readFileSync(resolve(root, page), 'utf8');

test('the page of errors has the table of the code, row by row', () => {
  const rows = Object.entries<SessionErrorEntry>(sessionErrors).map(([reason, { code, challenge, endsSession }]) => {
    const error = challenge === null ? ' ' : ` \`${challenge}\` `;
    return `| \`${reason}\` | \`${code}\` |${error}| ${endsSession ? 'yes' : 'no'} |`;
  });
  // However wide the formatter makes its columns.
  expect(read('docs/errors.md').replaceAll(/ +/g, ' ')).toContain(rows.join('\n'));
});

describe.each(pages)('%s', (page) => {
  test('links to what exists', () => {
    const links = [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(resolve(root, dirname(page), link)))).toEqual([]);
  });
});

describe('the README', () => {
  const readme = read('README.md');

  test('adds us to an app in at most 30 lines', () => {
    const files = [...readme.matchAll(/```ts title="[\w.-]+"\n([\s\S]*?)```/g)];
    const lines = files.flatMap(([, code = '']) => code.split('\n')).filter((line) => line.trim() !== '');
    expect(files).toHaveLength(2);
    expect(lines.length).toBeLessThanOrEqual(30);
  });

  const tested = readme.slice(readme.indexOf('| tested on'));
  const installed = ['test/package.json', 'pnpm-workspace.yaml', 'package.json'].map(read).join('\n');

  test.each([
    ['Kysely', 'kysely'],
    ['better-sqlite3', 'better-sqlite3'],
    ['`pg`', 'pg'],
    ['PGlite', '@electric-sql/pglite'],
    ['`mysql2`', 'mysql2'],
    ['`ioredis`', 'ioredis'],
    ['`redis`', 'redis'],
    ['tRPC', '@trpc/server'],
    ['Express', 'express'],
    ['Fastify', 'fastify'],
    ['Hono', 'hono'],
    ['`ws`', 'ws'],
    ['React', 'react'],
    ['TanStack Query', '@tanstack/react-query'],
    ['Node, TypeScript', 'node'],
  ])('names the version of %s that is tested', (name, dependency) => {
    const [, version = ''] = new RegExp(`^ +['"]?${dependency}['"]?: ['"^]*(\\d[\\d.]+)`, 'm').exec(installed) ?? [];
    const [, named = ''] = new RegExp(`(?<![\\w-])${name}(?: +\\|)? (\\d+(?:\\.\\d+)*)`).exec(tested) ?? [];
    expect(named).not.toBe('');
    expect(`${version}.`.slice(0, named.length + 1)).toBe(`${named}.`);
  });
});

import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { sessionErrors, type SessionErrorEntry } from '@trpc-sessions/core';
import { describe, expect, test } from 'vitest';
import { addedLines, shapes } from './adoption/lines.ts';
import { dialectIn } from './language/dialect.ts';
import { passagesOfPage, sentencesOf, wordsOf } from './language/prose.ts';

const root = new URL('..', import.meta.url).pathname;
const pages = globSync(['*.md', 'docs/**/*.md', 'packages/*/*.md', 'test/*/README.md', '.changeset/*.md'], {
  cwd: root,
});
const read = (page: string): string => readFileSync(resolve(root, page), 'utf8');

test('the page of errors has the table of the code, row by row', () => {
  const rows = Object.entries<SessionErrorEntry>(sessionErrors).map(([reason, { code, challenge, endsSession }]) => {
    const error = challenge === null ? ' ' : ` \`${challenge}\` `;
    return `| \`${reason}\` | \`${code}\` |${error}| ${endsSession ? 'yes' : 'no'} |`;
  });
  // However wide the formatter makes its columns.
  expect(read('docs/errors.md').replaceAll(/ +/g, ' ')).toContain(rows.join('\n'));
});

test.each(globSync('test/recipes/*.{ts,jsx,vue,svelte}', { cwd: root, exclude: ['**/*.test.ts'] }))(
  'a page has the code of %s, which is tested',
  (recipe) => {
    const block = `\`\`\`${extname(recipe).slice(1)} title="${basename(recipe)}"\n${read(recipe)}\`\`\``;
    expect(pages.filter((page) => read(page).includes(block))).toHaveLength(1);
  },
);

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  const headings = [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading.toLowerCase());
  return headings.map((heading) => heading.replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'));
}

describe.each(pages)('%s', (page) => {
  const passages = passagesOfPage(read(page));

  test('links to files and headings that exist', () => {
    const links = [...read(page).matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)/g)];
    const broken = links.filter(([, path = '', anchor]) => {
      const target = path === '' ? page : join(dirname(page), path);
      if (!existsSync(resolve(root, target))) return true;
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(anchor);
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  test('has no sentence over 30 words', () => {
    const long = passages.flatMap(({ line, text }) => {
      const sentences = sentencesOf(text).filter((sentence) => wordsOf(sentence).length > 30);
      return sentences.map((sentence) => `line ${line}: ${sentence}`);
    });
    expect(long).toEqual([]);
  });

  test('is written in plain English', () => {
    const found = passages.flatMap(({ line, text }) => dialectIn(text).map((word) => `line ${line}: ${word}`));
    expect(found).toEqual([]);
  });
});

/** Points each link with a line at the line that declares the function it shows. */
function withCurrentLines(page: string): string {
  return read(page).replaceAll(/\[`(\w+)`\]\(([^)#\s]+)#L\d+\)/g, (_, name: string, path: string) => {
    const declaration = new RegExp(`\\b(?:function|const) ${name}\\b|^ +(?:async )?${name}\\(.*\\{$`);
    const line = read(join(dirname(page), path))
      .split('\n')
      .findIndex((text) => declaration.test(text));
    if (line === -1) throw new Error(`${page} says that ${path} has a function ${name}`);
    return `[\`${name}\`](${path}#L${line + 1})`;
  });
}

test('the walks of CONTRIBUTING.md point at the lines of the functions they name', async () => {
  const page = 'CONTRIBUTING.md';
  expect(read(page).match(/#L\d+\)/g)?.length).toBeGreaterThan(20);
  // `vitest -u` writes the current lines.
  await expect(withCurrentLines(page)).toMatchFileSnapshot(resolve(root, page));
});

test.each([
  ['docs/nextjs.md', 'apps/next'],
  ['docs/nuxt.md', 'apps/nuxt'],
  ['docs/tanstack-start.md', 'apps/tanstack-start'],
  ['docs/sveltekit.md', 'apps/sveltekit'],
])('%s shows all files of %s as they are, but those of each new app', (page, app) => {
  const blocks = [...read(page).matchAll(/```(?:typescript|vue|svelte) title="([^"]+)"\n([\s\S]*?)```/g)];
  expect(blocks.length).toBeGreaterThan(5);
  for (const [, file = '', code = ''] of blocks) expect(code, file).toBe(read(`${app}/${file}`));
  const shown = new Set(blocks.map(([, file]) => file));
  const ofNewApps = new Set(['nuxt.config.ts']);
  const files = globSync('**/*.{ts,tsx,vue,svelte}', { cwd: resolve(root, app), exclude: ['node_modules', '.*'] });
  expect(files.filter((file) => !ofNewApps.has(file) && !shown.has(file))).toEqual([]);
});

const ofAdapters = [...read('docs/adapters.md').matchAll(/```typescript title="([^"]+)"\n([\s\S]*?)```/g)];

test.each(ofAdapters.map(([, file = '', code = '']) => ({ file, code })))(
  'docs/adapters.md has only lines of the app $file, which runs each night',
  ({ file, code }) => {
    const [app, ...path] = file.split('/');
    const lines = read(`test/adoption/${app}/after/${path.join('/')}`).split(/\n */);
    expect(code.split(/\n */).filter((line) => !lines.includes(line))).toEqual([]);
  },
);

/** How many lines sessions add to these apps, as the pages write it. */
function rangeOf(apps: readonly string[]): string {
  const lines = apps.map((app) => addedLines(app).counted);
  return `${Math.min(...lines)} to ${Math.max(...lines)}`;
}

test('docs/adapters.md has code of each adapter, and says how many lines sessions add to its app', () => {
  const apps = [...new Set(ofAdapters.map(([, file = '']) => file.replace(/\/.*/, '')))];
  expect(apps).toEqual(['express', 'nest', 'fastify', 'hono', 'react-router', 'next-pages', 'lambda']);
  expect(read('docs/adapters.md')).toContain(`${rangeOf(apps)} more lines`);
});

test('docs/tanstack-start.md installs the Nitro of its app', () => {
  const { devDependencies }: { devDependencies: { nitro: string } } = JSON.parse(
    read('apps/tanstack-start/package.json'),
  );
  expect(read('docs/tanstack-start.md')).toContain(` nitro@${devDependencies.nitro} `);
});

const searched =
  'OAuth, passkeys, magic links, Prisma, Drizzle, Bun, Deno, Workers, React Native, Vue, Next.js, sliding expiry, remember me, mail, XSS, CSRF, disable, ' +
  'second factor, refresh token, rate limits, WebSocket, NestJS, Hono, Lambda, React Router, sign out everywhere, delete, impersonation, sign in as a user, Docker, Alpine';

test.each(searched.split(', '))('the page of questions leads to %s', (words) => {
  expect(read('docs/questions.md').toLowerCase()).toContain(words.toLowerCase());
});

describe('the README', () => {
  const readme = read('README.md');

  test('adds us to an app in at most 30 lines', () => {
    const files = [...readme.matchAll(/```ts title="[\w.-]+"\n([\s\S]*?)```/g)];
    const lines = files.flatMap(([, code = '']) => code.split('\n')).filter((line) => line.trim() !== '');
    expect(files).toHaveLength(2);
    expect(lines.length).toBeLessThanOrEqual(30);
  });

  test('says how many lines sessions add to an app', () => {
    expect(readme.replaceAll('\n', ' ')).toContain(`each gain ${rangeOf(shapes)} lines`);
  });

  test('has a server that awaits nothing at its top level, as CommonJS and Nitro need, and prints its address', () => {
    const [, server = ''] = /```ts title="server\.ts"\n([\s\S]*?)```/.exec(readme) ?? [];
    // Only in the function that authenticates, whose lines are indented.
    expect(server.split('\n').filter((line) => /^\S.*\bawait\b/.test(line))).toEqual([]);
    expect(server).toMatch(/listen\((?<port>\d+), \(\) => console\.log\('http:\/\/localhost:\k<port>'\)\)/);
  });

  const tested = readme.slice(readme.indexOf('## Tested on'));
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
    ['Node', 'node'],
    ['TypeScript', 'typescript'],
  ])('names the version of %s that is tested', (name, dependency) => {
    const [, version = ''] = new RegExp(`^ +['"]?${dependency}['"]?: ['"^]*(\\d[\\d.]+)`, 'm').exec(installed) ?? [];
    const [, named = ''] = new RegExp(`(?<![\\w-])${name}(?: +\\|)? (\\d+(?:\\.\\d+)*)`).exec(tested) ?? [];
    expect(named).not.toBe('');
    expect(`${version}.`.slice(0, named.length + 1)).toBe(`${named}.`);
  });
});

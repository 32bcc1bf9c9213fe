import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const app = new URL('app.ts', import.meta.url).pathname;

test('an app may mix the ES modules, the CommonJS and a second installation of every package, and of tRPC', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [app], { cwd: import.meta.dirname });
  const { different, results } = JSON.parse(stdout);
  // Otherwise the mixes would be no mixes.
  expect(different).toEqual(['core', 'server', 'client', 'react', 'trpc', 'adapter', 'trpcClient']);
  // The refusals that a client must understand arrive, and end its session.
  const reasons = ['fresh_session_required', 'revoked_session', 'missing_token'];
  expect(results).toEqual({
    [JSON.stringify({ isKept: true, user: 'ada', reasons, held: null })]: expect.any(Array),
  });
});

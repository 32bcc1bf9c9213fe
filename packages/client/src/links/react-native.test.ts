import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { nested } from '../testing/procedures.ts';
import { serve } from '../testing/server.ts';

const page = new URL('../testing/react-native.ts', import.meta.url).pathname;

test('without EventTarget, as in React Native, calls work, and a subscription fails with an error', async () => {
  await using server = await serve(nested);
  const { stdout } = await promisify(execFile)(process.execPath, ['--experimental-strip-types', page, server.url]);
  expect(JSON.parse(stdout)).toEqual({ me: 'a', subscription: 'Event is not defined', held: 'a' });
});

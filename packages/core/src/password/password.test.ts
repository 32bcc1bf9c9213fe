import * as argon2 from '@node-rs/argon2';
import { describe, expect, test, vi } from 'vitest';

vi.mock('@node-rs/argon2', { spy: true });
// A file before this one may have loaded it with the real module.
vi.resetModules();
const { hashPassword, maxPasswordLength, dummyHash, verifyPassword } = await import('./password.ts');

/** A hash of the app's own, with the least work: what is tested is not how long it takes. */
const cheapHash = await argon2.hash('correct horse', { memoryCost: 8, timeCost: 1, parallelism: 1 });

describe('passwords', () => {
  test('are hashed with argon2id and the parameters of OWASP, salted', async () => {
    const [one, two] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(two);
  });

  test('match their hash, and no other does', async () => {
    const hash = await hashPassword('correct horse');
    expect(await verifyPassword('correct horse', hash)).toBe(true);
    expect(await verifyPassword('Correct horse', hash)).toBe(false);
    expect(await verifyPassword('', hash)).toBe(false);
  });

  test.each([null, undefined, '', 'plain text', '$argon2id$nonsense'])('never match %j', async (hash) => {
    expect(await verifyPassword('correct horse', hash)).toBe(false);
  });

  test.each([
    ['empty', ''],
    ['too long', 'x'.repeat(maxPasswordLength + 1)],
  ])('that are %s are refused without hashing them', async (_, password) => {
    const hashing = [vi.mocked(argon2.hash).mockClear(), vi.mocked(argon2.verify).mockClear()];
    await expect(hashPassword(password)).rejects.toThrow(RangeError);
    for (const hash of [cheapHash, null]) expect(await verifyPassword(password, hash)).toBe(false);
    for (const work of hashing) expect(work).not.toHaveBeenCalled();
    // The longest password is hashed.
    await verifyPassword('x'.repeat(maxPasswordLength), cheapHash);
    expect(argon2.verify).toHaveBeenCalledOnce();
  });

  test('leave the event loop and the thread pool alone in a flood', async () => {
    // Long enough that the file is read before many have been verified.
    const hash = await argon2.hash('correct horse', { memoryCost: 4096, timeCost: 1, parallelism: 1 });
    let verified = 0;
    const flood = Array.from({ length: 40 }, () => verifyPassword('wrong', hash).finally(() => (verified += 1)));
    const { readFile } = await import('node:fs/promises');
    await readFile(new URL(import.meta.url));
    expect(verified).toBeLessThan(20);
    await Promise.all(flood);
  });

  test('of unknown users are compared with a dummy hash of the same form', async () => {
    const shape = (hash: string): string => hash.replace(/[\w+/]{10,}/g, ({ length }) => String(length));
    expect(shape(dummyHash)).toBe(shape(await hashPassword('correct horse')));
    expect(await verifyPassword('correct horse', dummyHash)).toBe(false);
  });

  test('of a caller who has gone are not hashed', async () => {
    const gone = new AbortController();
    const verify = vi.mocked(argon2.verify).mockClear();
    const flood = Array.from({ length: 5 }, () =>
      verifyPassword('wrong', cheapHash, { caller: { ip: '203.0.113.7' } }),
    );
    const late = verifyPassword('late', cheapHash, { caller: { ip: '203.0.113.7' }, signal: gone.signal });
    const refused = expect(late).rejects.toThrow('aborted');
    gone.abort();
    await refused;
    await Promise.all(flood);
    expect(verify.mock.calls.map(([, password]) => password)).toEqual(Array(5).fill('wrong'));
    await expect(hashPassword('correct horse', { signal: gone.signal })).rejects.toThrow('aborted');
  });

  test('past the bound of the queue are refused, and another network is served', async () => {
    const flood = Array.from({ length: 300 }, (_, n) =>
      verifyPassword('wrong', cheapHash, { caller: { ip: `2001:db8:1:1::${n.toString(16)}` } }),
    );
    const settled = Promise.allSettled(flood);
    expect(await verifyPassword('correct horse', cheapHash, { caller: { ip: '198.51.100.7' } })).toBe(true);
    const outcomes = await settled;
    const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(reasons.length).toBeGreaterThan(100);
    for (const reason of reasons) expect(reason).toMatchObject({ reason: 'too_many_attempts' });
    // Not all at once.
    expect(new Set(reasons.map(({ retryAfter }) => Number(retryAfter)))).toEqual(new Set([4, 5, 6, 7, 8]));
  });

  test('of unknown users are hashed all the same', async () => {
    const verify = vi.mocked(argon2.verify).mockClear();
    await verifyPassword('wrong', null);
    expect(verify).toHaveBeenCalledExactlyOnceWith(dummyHash, 'wrong');
    // The work was done: it did not fail at once.
    expect(verify).toHaveResolvedWith(false);
  });
});

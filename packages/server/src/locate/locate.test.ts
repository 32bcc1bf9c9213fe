import { expect, test, vi } from 'vitest';
import { createLocator, type Locate } from './locate.ts';

const ip = '203.0.113.7';
const minute = 60_000;

test('an address is asked for once, however many requests need it', async () => {
  const locate = vi.fn<Locate>(async () => 'Lisbon');
  const locator = createLocator(locate, minute);
  expect(await Promise.all(Array.from({ length: 31 }, () => locator(ip)))).toEqual(Array(31).fill('Lisbon'));
  expect(await locator(ip)).toBe('Lisbon');
  expect(locate).toHaveBeenCalledOnce();
  expect(await locator(null)).toBeNull();
});

test('a place is asked for again after an hour', async () => {
  vi.useFakeTimers();
  // At 0 the clock of the cache has not started.
  vi.advanceTimersByTime(1);
  try {
    const locate = vi.fn<Locate>(() => 'Lisbon');
    const locator = createLocator(locate, minute);
    for (const _ of [1, 2]) await locator(ip);
    vi.advanceTimersByTime(60 * minute + 1);
    await locator(ip);
    expect(locate).toHaveBeenCalledTimes(2);
  } finally {
    vi.useRealTimers();
  }
});

test('a locator that never answers costs the deadline, once, and its signal is aborted', async () => {
  const locate = vi.fn<Locate>(() => new Promise(() => {}));
  const locator = createLocator(locate, 20);
  expect(await Promise.all([locator(ip), locator(ip)])).toEqual([null, null]);
  expect(await locator(ip)).toBeNull();
  expect(locate).toHaveBeenCalledOnce();
  expect(locate.mock.calls[0]?.[1].signal.aborted).toBe(true);
});

test('an answer after the deadline serves the next request', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const locator = createLocator(() => promise, 20);
  expect(await locator(ip)).toBeNull();
  resolve('Lisbon');
  await expect.poll(() => locator(ip)).toBe('Lisbon');
});

test.each<[string, Locate]>([
  ['throws', () => expect.unreachable()],
  ['rejects', () => Promise.reject(new Error('no such place'))],
  ['returns an object', () => ({ city: 'Lisbon' }) as unknown as string],
  ['returns nothing', () => undefined as unknown as null],
])('a locator that %s gives no place', async (_, locate) => {
  expect(await createLocator(locate, minute)(ip)).toBeNull();
});

test('the oldest of a thousand addresses is dropped', async () => {
  const locate = vi.fn<Locate>((address) => address);
  const locator = createLocator(locate, minute);
  for (let n = 0; n < 1001; n += 1) await locator(`10.0.${n >> 8}.${n & 255}`);
  await locator('10.0.3.232');
  expect(locate).toHaveBeenCalledTimes(1001);
  await locator('10.0.0.0');
  expect(locate).toHaveBeenCalledTimes(1002);
});

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { WriteBack } from '../drivers/direct-connection.ts';
import type { PurgedChunk } from '../store/store.ts';
import { createPurges } from './purge.ts';

let rowsFound = 0;
/** Rows that were not found before. */
const chunk = (deleted: number): PurgedChunk => ({ ids: [`row${(rowsFound += 1)}`], deleted });

function createWorld(rows: number, isBlocking = true) {
  let left = rows;
  const writeBack = {
    here: vi.fn(),
    beside: vi.fn<WriteBack['beside']>(() => Promise.resolve()),
    close: vi.fn(() => Promise.resolve()),
  };
  const deleteChunk = vi.fn((limit: number) => {
    if (left === 0) return Promise.resolve(undefined);
    const deleted = Math.min(left, limit);
    left -= deleted;
    return Promise.resolve(chunk(deleted));
  });
  const onPurged = vi.fn();
  const onFault = vi.fn();
  let requests = 0;
  const purges = createPurges({
    beforeChunk: () => Promise.resolve(),
    deleteChunk,
    openWriteBack: () => writeBack,
    isBlocking,
    countRequests: () => requests,
    onPurged,
    onFault,
  });
  return {
    deleteChunk,
    writeBack,
    onPurged,
    onFault,
    purges,
    request: () => void (requests += 1),
    expire: (count: number) => void (left += count),
  };
}

test('deletes chunk by chunk, and reports how many', async () => {
  const { purges, deleteChunk, onPurged } = createWorld(250);
  expect(await purges.run()).toBe(250);
  expect(deleteChunk.mock.calls).toEqual([[100], [100], [100], [100]]);
  expect(onPurged.mock.calls).toEqual([[250]]);
  expect(await purges.run()).toBe(0);
  expect(onPurged).toHaveBeenCalledOnce();
});

test('goes on although other processes delete the same rows first', async () => {
  const { purges, deleteChunk } = createWorld(100);
  for (let n = 0; n < 20; n += 1) deleteChunk.mockResolvedValueOnce(chunk(0));
  expect(await purges.run()).toBe(100);
});

test('fails on a database that keeps the rows', async () => {
  const { purges, deleteChunk } = createWorld(100);
  deleteChunk.mockResolvedValue({ ids: ['protected'], deleted: 0 });
  await expect(purges.run()).rejects.toThrow(/^purgeExpired: /);
});

test('reports the rows that were deleted before a chunk failed', async () => {
  const { purges, deleteChunk, onPurged } = createWorld(250);
  const down = new Error('down');
  deleteChunk.mockResolvedValueOnce(chunk(100)).mockResolvedValueOnce(chunk(100)).mockRejectedValueOnce(down);
  await expect(purges.run()).rejects.toBe(down);
  expect(onPurged.mock.calls).toEqual([[200]]);
});

test.each<[object, string]>([
  [{ chunkSize: 0 }, 'chunkSize'],
  [{ chunkSize: 1.5 }, 'chunkSize'],
  [{ schedule: '10ms' as const }, 'schedule'],
  [{ schedule: '30d' as const }, 'schedule'],
  [{ chunksize: 5 }, 'purgeExpired'],
])('%j is misuse', async (options, name) => {
  const { purges, deleteChunk } = createWorld(1);
  await expect(purges.run(options)).rejects.toThrow(new RegExp(`^${name}: `));
  expect(deleteChunk).not.toHaveBeenCalled();
});

describe('on a schedule', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('deletes now and again, until it is stopped', async () => {
    const { purges, onPurged, expire } = createWorld(3);
    const first = purges.run({ schedule: '1h' });
    await vi.advanceTimersByTimeAsync(1000);
    expect(await first).toBe(3);
    expire(5);
    await vi.advanceTimersByTimeAsync(3_600_000);
    await vi.waitFor(() => expect(onPurged.mock.calls).toEqual([[3], [5]]), { timeout: 60_000 });
    await purges.stop();
    expire(7);
    await vi.advanceTimersByTimeAsync(7_200_000);
    expect(onPurged).toHaveBeenCalledTimes(2);
  });

  test('a run that fails is reported, and the next one runs all the same', async () => {
    const { purges, deleteChunk, onFault, onPurged, expire } = createWorld(0);
    await purges.run({ schedule: '1h' });
    const down = new Error('down');
    deleteChunk.mockRejectedValueOnce(down);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(onFault.mock.calls).toEqual([[down]]);
    expire(2);
    await vi.advanceTimersByTimeAsync(3_600_000);
    await vi.waitFor(() => expect(onPurged.mock.calls).toEqual([[2]]), { timeout: 60_000 });
    await purges.stop();
  });

  test('a run never overlaps the previous one', async () => {
    const { purges, deleteChunk } = createWorld(0);
    await purges.run({ schedule: '1h' });
    const { promise, resolve } = Promise.withResolvers<undefined>();
    deleteChunk.mockReturnValueOnce(promise);
    await vi.advanceTimersByTimeAsync(3 * 3_600_000);
    expect(deleteChunk).toHaveBeenCalledTimes(2);
    resolve(undefined);
    await purges.stop();
  });
});

test('stopping waits for the chunk that is being deleted, and deletes no other', async () => {
  const { purges, deleteChunk } = createWorld(1000);
  const running = purges.run();
  await purges.stop();
  expect(await running).toBe(100);
  expect(deleteChunk).toHaveBeenCalledOnce();
});

test('rests while there are requests, and not without', async () => {
  const { purges, deleteChunk, request } = createWorld(500, false);
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const starts: number[] = [];
  const work = 10;
  for (let n = 0; n < 4; n += 1) {
    deleteChunk.mockImplementationOnce((limit) => {
      request();
      starts.push(Date.now());
      now += work;
      return Promise.resolve(chunk(limit));
    });
  }
  await purges.run();
  const pauses = starts.slice(1).map((start, index) => start - starts[index]!);
  // The longer it takes, the longer it rests.
  for (const [index, pause] of pauses.entries()) expect(pause).toBeGreaterThan(work * 1.5 ** index * 0.8);
});

test('rests no longer after a chunk that the disk has held up', async () => {
  const { purges, deleteChunk, request } = createWorld(0);
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  deleteChunk.mockImplementationOnce((limit) => {
    request();
    // A rest as long would outlast the test.
    now += 10_000_000;
    return Promise.resolve(chunk(limit));
  });
  expect(await purges.run()).toBe(100);
});

test('writes the log back beside requests, and at once without', async () => {
  const { purges, deleteChunk, request, writeBack } = createWorld(30);
  deleteChunk.mockImplementationOnce((limit) => {
    request();
    return Promise.resolve(chunk(limit));
  });
  await purges.run();
  expect(writeBack.beside.mock.calls).toEqual([[100]]);
  expect(writeBack.here).toHaveBeenCalledOnce();
  expect(writeBack.close).toHaveBeenCalledOnce();
});

test.each([
  [true, [100, 50, 25, 50]],
  [false, [100, 100, 100, 100]],
])('a smaller chunk follows one that took long, only if chunks block requests: %s', async (isBlocking, sizes) => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const { purges, deleteChunk, request } = createWorld(0, isBlocking);
  for (const work of [8, 8, 0]) {
    deleteChunk.mockImplementationOnce((limit) => {
      request();
      now += work;
      return Promise.resolve(chunk(limit));
    });
  }
  await purges.run();
  expect(deleteChunk.mock.calls.map(([limit]) => limit)).toEqual(sizes);
});

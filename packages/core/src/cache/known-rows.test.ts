import { expect, test, vi } from 'vitest';
import { stateColumns, type SessionState } from '../session/session-state.ts';
import type { LookedUpRow } from '../session/session.ts';
import { createRow } from '../store/columns.ts';
import { createKnownRows } from './known-rows.ts';
import type { RowHolder } from './session-cache.ts';

const row: LookedUpRow = createRow({
  id: 'a',
  user_id: 'ada',
  created_at: 1,
  last_seen_at: 2,
  expires_at: 3,
  device: '{}',
});

/** Changes of a row, each of one column of its state. */
const changes: readonly Partial<SessionState>[] = [
  { user_id: 'bob' },
  { last_seen_at: 3 },
  { expires_at: 4 },
  { name: 'work' },
  { updated_at: 5 },
  { generation: 1 },
  { grace_until: 6 },
];

function createWorld(isAtOnce: boolean) {
  let current: LookedUpRow | undefined = row;
  const answer = () => (isAtOnce ? current : Promise.resolve(current));
  const find = vi.fn(answer);
  const findState = vi.fn(answer);
  const holder: RowHolder = { id: 'a', userId: 'ada', cached: undefined };
  const findRow = createKnownRows({ find, findState }, 60_000);
  return {
    find,
    findState,
    holder,
    read: async (now = 0) => findRow(holder, now),
    become: (next: LookedUpRow | undefined) => void (current = next),
  };
}

test('the changes name every column of the state', () => {
  expect(changes.flatMap(Object.keys)).toEqual(stateColumns);
});

for (const isAtOnce of [true, false]) {
  const how = isAtOnce ? 'at once' : 'later';

  test(`a row that has not changed is read once, and then only its state: ${how}`, async () => {
    const { find, findState, read } = createWorld(isAtOnce);
    for (let n = 0; n < 3; n += 1) expect(await read()).toMatchObject(row);
    expect([find.mock.calls.length, findState.mock.calls.length]).toEqual([1, 2]);
  });

  test.each(changes)(`a row whose state has changed is read again, ${how}: %j`, async (change) => {
    const { read, become } = createWorld(isAtOnce);
    await read();
    become({ ...row, ...change, ip: '203.0.113.7' });
    expect(await read()).toMatchObject({ ...change, ip: '203.0.113.7' });
  });

  test(`a row that is gone is not found, however often it was read before: ${how}`, async () => {
    const { read, become } = createWorld(isAtOnce);
    await read();
    await read();
    become(undefined);
    expect(await read()).toBeUndefined();
    expect(await read()).toBeUndefined();
  });

  test(`a row whose last-seen time is due to be written is read as a whole: ${how}`, async () => {
    const { find, findState, read } = createWorld(isAtOnce);
    await read();
    await read(row.last_seen_at + 60_000);
    await read(row.last_seen_at + 59_999);
    expect([find.mock.calls.length, findState.mock.calls.length]).toEqual([2, 1]);
  });

  test(`a row of another user is not known: ${how}`, async () => {
    const { read, become, holder } = createWorld(isAtOnce);
    become({ ...row, user_id: 'bob' });
    await read();
    expect(holder.cached).toBeUndefined();
  });
}

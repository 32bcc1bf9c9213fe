import { expect, test } from 'vitest';
import { stateColumns } from '../session/session-state.ts';
import { rowColumns } from '../session/session.ts';
import { createRow, readStateNumbers } from './columns.ts';

const state = createRow({ id: 'a', user_id: 'ada', created_at: 1, last_seen_at: 2, expires_at: 3, device: '{}' });

test('a state whose numbers are numbers or null is returned as it is', () => {
  expect(readStateNumbers(state)).toBe(state);
});

test.each(stateColumns.filter((name) => rowColumns[name] !== 'text'))(
  'a driver may give %s as a text or as a bigint',
  (name) => {
    for (const given of ['7', 7n])
      expect(readStateNumbers({ ...state, [name]: given })).toEqual({ ...state, [name]: 7 });
  },
);

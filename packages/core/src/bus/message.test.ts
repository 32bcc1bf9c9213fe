import { describe, expect, test } from 'vitest';
import { readMessage, messageHead } from './message.ts';

const id = 'abcdefghijklmnopqrstuvwxyz234567';
const ended = { userId: 'ada', ids: [id] };
const encode = (message: object): string => JSON.stringify(message);

test('a message holds one revocation or several', () => {
  expect(readMessage(encode({ from: 'a', ended }))).toEqual({ from: 'a', sessions: [ended], kind: 'revoked' });
  const several = [ended, { userId: 'bob' }, { userId: 'eve', exceptId: id }];
  const message = { from: 'a', scope: 'sessions', ended: several };
  const read = { from: 'a', scope: 'sessions', sessions: several };
  expect(readMessage(encode({ ...message, isPending: true }))).toEqual({ ...read, kind: 'pending' });
  expect(readMessage(encode({ ...message, isPossible: true }))).toEqual({ ...read, kind: 'possible' });
});

test('a buffer that a bus fills again is read again', () => {
  const [first, second] = [
    encode({ from: 'a', ended: { userId: 'ada' } }),
    encode({ from: 'a', ended: { userId: 'bob' } }),
  ];
  const buffer = Buffer.from(first);
  const read = () => readMessage(buffer as unknown as string)?.sessions;
  expect(read()).toEqual([{ userId: 'ada' }]);
  buffer.write(second);
  expect(read()).toEqual([{ userId: 'bob' }]);
});

test.each(['started', 'changed'] as const)(
  'a message about %s sessions has a scope of its own, which older releases ignore',
  (kind) => {
    const head = messageHead({ from: 'a', scope: 'sessions' }, kind);
    expect(head).toBe(`{"from":"a","scope":"sessions/${kind}"`);
    expect(readMessage(`${head},"ended":${JSON.stringify(ended)}}`)).toEqual({
      from: 'a',
      scope: 'sessions',
      sessions: [ended],
      kind,
    });
  },
);

describe('a message is not read if', () => {
  test.each<[string, string]>([
    ['it is not JSON', 'resync'],
    ['it is empty', ''],
    ['it is not an object', '[]'],
    ['it is null', 'null'],
    ['it has no sender', encode({ ended })],
    ['its sender is not a text', encode({ from: 1, ended })],
    ['it names no revocation', encode({ from: 'a' })],
    ['a revocation is null', encode({ from: 'a', ended: [ended, null] })],
    ['it has an unknown key', encode({ from: 'a', ended, issuedBefore: 1 })],
    ['a revocation has an unknown key', encode({ from: 'a', ended: { ...ended, issuedBefore: 1 } })],
    ['it has a prototype', `{"from":"a","ended":{"userId":"ada","__proto__":{"ids":[]}}}`],
    ['its scope is not a text', encode({ from: 'a', ended, scope: {} })],
    ['`isPending` is not a boolean', encode({ from: 'a', ended, isPending: 1 })],
    ['`isPossible` is not a boolean', encode({ from: 'a', ended, isPossible: 1 })],
    ['it is pending and possible', encode({ from: 'a', ended, isPending: true, isPossible: true })],
    ['its user is not a text', encode({ from: 'a', ended: { userId: 7 } })],
    ['its user is empty', encode({ from: 'a', ended: { userId: '' } })],
    ['its user is longer than a user id', encode({ from: 'a', ended: { userId: 'u'.repeat(256) } })],
    ['its ids are not a list', encode({ from: 'a', ended: { userId: 'ada', ids: id } })],
    ['an id is not a text', encode({ from: 'a', ended: { userId: 'ada', ids: [id, 7] } })],
    ['an id is longer than an id', encode({ from: 'a', ended: { userId: 'ada', ids: ['a'.repeat(65)] } })],
    ['it has more than 100 ids', encode({ from: 'a', ended: { userId: 'ada', ids: Array(101).fill('a') } })],
    ['`exceptId` is not a text', encode({ from: 'a', ended: { userId: 'ada', exceptId: null } })],
    ['it is longer than a message', `${encode({ from: 'a', ended })}${' '.repeat(8000)}`],
  ])('%s', (_, message) => {
    expect(readMessage(message)).toBeUndefined();
  });
});

test.each([undefined, null, 5, {}, Buffer.from('{}')])(
  'the message %j of a bus of the app’s own is none of ours',
  (message) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- plain JavaScript delivers anything
    expect(readMessage(message as string)).toBeUndefined();
  },
);

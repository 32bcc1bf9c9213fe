import { expect, test } from 'vitest';
import { readMessage, resyncMessage } from './message.ts';
import { createMessageQueue, type MessageQueue } from './message-queue.ts';

const sender = () => ({ from: 'f'.repeat(36), scope: 'sessions' });
const idOf = (n: number): string => String(n).padStart(32, 'a');

function takeAll(queue: MessageQueue): string[] {
  const messages: string[] = [];
  for (let message = queue.take(sender); message !== undefined; message = queue.take(sender))
    messages.push(message.text);
  return messages;
}

test('revocations that wait together share a message, in their order', () => {
  const queue = createMessageQueue();
  const all = [{ userId: 'ada' }, { userId: 'bob', exceptId: idOf(1) }, { userId: 'eve', ids: [idOf(2), idOf(3)] }];
  for (const sessions of all) queue.add(sessions, 'revoked');
  const messages = takeAll(queue);
  expect(messages.map(readMessage)).toEqual([{ ...sender(), sessions: all, kind: 'revoked' }]);
  expect(takeAll(queue)).toEqual([]);
});

test('no message is longer than PostgreSQL carries, and none is lost', () => {
  const queue = createMessageQueue();
  const all = Array.from({ length: 10_000 }, (_, n) => ({ userId: `日本${n}`, ids: [idOf(n)] }));
  for (const sessions of all) queue.add(sessions, 'revoked');
  const messages = takeAll(queue);
  expect(Math.max(...messages.map((message) => Buffer.byteLength(message)))).toBeLessThanOrEqual(7999);
  expect(messages.length).toBeLessThan(120);
  expect(messages.flatMap((message) => readMessage(message)?.sessions)).toEqual(all);
});

test.each(['a', '\u0001', '日', '😀'])('1,000 ids of a user of 255 times %j are read again', (character) => {
  const queue = createMessageQueue();
  const userId = character.repeat(Math.floor(255 / character.length));
  const ids = Array.from({ length: 1000 }, (_, n) => idOf(n));
  queue.add({ userId, ids }, 'revoked');
  const messages = takeAll(queue);
  for (const message of messages) expect(Buffer.byteLength(message)).toBeLessThanOrEqual(7999);
  expect(messages.flatMap((message) => readMessage(message)?.sessions.flatMap(({ ids: found }) => found))).toEqual(ids);
});

test('those of open transactions, and those that have failed, have messages of their own', () => {
  const queue = createMessageQueue();
  for (const [userId, kind] of [
    ['a', 'revoked'],
    ['b', 'pending'],
    ['c', 'pending'],
    ['d', 'possible'],
  ] as const)
    queue.add({ userId }, kind);
  const messages = takeAll(queue).map((message) => readMessage(message));
  expect(messages.map((message) => [message?.kind, message?.sessions.length])).toEqual([
    ['revoked', 1],
    ['pending', 2],
    ['possible', 1],
  ]);
});

test('past its bound, one resync message stands for everything that waits', () => {
  const queue = createMessageQueue();
  const ids = Array.from({ length: 100 }, (_, n) => idOf(n));
  for (let n = 0; n < 2000; n += 1) queue.add({ userId: `user${n}`, ids }, 'revoked');
  expect(takeAll(queue)).toEqual([resyncMessage]);
  queue.add({ userId: 'ada' }, 'revoked');
  expect(takeAll(queue)).toHaveLength(1);
});

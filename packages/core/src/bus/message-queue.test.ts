import { expect, test } from 'vitest';
import { decodeEnded, resyncMessage } from './ended-message.ts';
import { createEndedQueue, type EndedQueue } from './ended-queue.ts';

const sender = () => ({ from: 'f'.repeat(36), scope: 'sessions' });
const idOf = (n: number): string => String(n).padStart(32, 'a');

function takeAll(queue: EndedQueue): string[] {
  const messages: string[] = [];
  for (let message = queue.take(sender); message !== undefined; message = queue.take(sender))
    messages.push(message.text);
  return messages;
}

test('revocations that wait together share a message, in their order', () => {
  const queue = createEndedQueue();
  const all = [{ userId: 'ada' }, { userId: 'bob', exceptId: idOf(1) }, { userId: 'eve', ids: [idOf(2), idOf(3)] }];
  for (const ended of all) queue.add(ended, 'certain');
  const messages = takeAll(queue);
  expect(messages.map(decodeEnded)).toEqual([{ ...sender(), ended: all, certainty: 'certain' }]);
  expect(takeAll(queue)).toEqual([]);
});

test('no message is longer than PostgreSQL carries, and none is lost', () => {
  const queue = createEndedQueue();
  const all = Array.from({ length: 10_000 }, (_, n) => ({ userId: `日本${n}`, ids: [idOf(n)] }));
  for (const ended of all) queue.add(ended, 'certain');
  const messages = takeAll(queue);
  expect(Math.max(...messages.map((message) => Buffer.byteLength(message)))).toBeLessThanOrEqual(7999);
  expect(messages.length).toBeLessThan(120);
  expect(messages.flatMap((message) => decodeEnded(message)?.ended)).toEqual(all);
});

test.each(['a', '\u0001', '日', '😀'])('1,000 ids of a user of 255 times %j are read again', (character) => {
  const queue = createEndedQueue();
  const userId = character.repeat(Math.floor(255 / character.length));
  const ids = Array.from({ length: 1000 }, (_, n) => idOf(n));
  queue.add({ userId, ids }, 'certain');
  const messages = takeAll(queue);
  for (const message of messages) expect(Buffer.byteLength(message)).toBeLessThanOrEqual(7999);
  expect(messages.flatMap((message) => decodeEnded(message)?.ended.flatMap((ended) => ended.ids))).toEqual(ids);
});

test('those of open transactions, and those that have failed, have messages of their own', () => {
  const queue = createEndedQueue();
  for (const [userId, certainty] of [
    ['a', 'certain'],
    ['b', 'pending'],
    ['c', 'pending'],
    ['d', 'possible'],
  ] as const)
    queue.add({ userId }, certainty);
  const messages = takeAll(queue).map((message) => decodeEnded(message));
  expect(messages.map((message) => [message?.certainty, message?.ended.length])).toEqual([
    ['certain', 1],
    ['pending', 2],
    ['possible', 1],
  ]);
});

test('past its bound, one resync message stands for everything that waits', () => {
  const queue = createEndedQueue();
  const ids = Array.from({ length: 100 }, (_, n) => idOf(n));
  for (let n = 0; n < 2000; n += 1) queue.add({ userId: `user${n}`, ids }, 'certain');
  expect(takeAll(queue)).toEqual([resyncMessage]);
  queue.add({ userId: 'ada' }, 'certain');
  expect(takeAll(queue)).toHaveLength(1);
});

import { expect, test, vi } from 'vitest';
import { createEvents } from './events.ts';

test('a listener is called for its event until it unsubscribes', () => {
  const events = createEvents();
  const listener = vi.fn();
  const stop = events.on('purged', listener);
  events.emit('purged', { count: 1 });
  events.emit('fault', { task: 'last-seen', error: new Error('other') });
  stop();
  stop();
  events.emit('purged', { count: 2 });
  expect(listener).toHaveBeenCalledExactlyOnceWith({ count: 1 });
});

test('a function subscribed twice is called twice, and unsubscribed one at a time', () => {
  const events = createEvents();
  const listener = vi.fn();
  const stop = events.on('purged', listener);
  events.on('purged', listener);
  events.emit('purged', { count: 1 });
  stop();
  events.emit('purged', { count: 2 });
  expect(listener).toHaveBeenCalledTimes(3);
});

test('a listener that throws stops no other, and is reported as a fault', () => {
  const events = createEvents();
  const error = new Error('of a listener');
  const [other, fault] = [vi.fn(), vi.fn()];
  events.on('purged', () => {
    throw error;
  });
  events.on('purged', other);
  events.on('fault', fault);
  events.on('fault', () => {
    throw new Error('of a listener of faults');
  });
  events.emit('purged', { count: 1 });
  expect(other).toHaveBeenCalledOnce();
  expect(fault).toHaveBeenCalledExactlyOnceWith({ task: 'listener', error });
});

test('an event that does not exist is misuse', () => {
  // @ts-expect-error there is no such event
  expect(() => createEvents().on('revoke', () => {})).toThrow(/unknown event "revoke"; the events are created, /);
});

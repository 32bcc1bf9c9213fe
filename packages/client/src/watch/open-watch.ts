import { sessionErrorReason } from '../errors.ts';
import type { ReceivedSessionsEvent, SubscribeWatch } from './received-event.ts';

/** Calls that a watch makes. */
export interface WatchCalls {
  event(event: ReceivedSessionsEvent): void;
  /** The server refuses the token: the watch has stopped. */
  refused(error: unknown): void;
}

/** The pause before a new attempt doubles from the first to the last, in milliseconds. */
const pauses = { first: 1000, last: 60_000 };

/** After how long a stream counts as good, in milliseconds: one that ends earlier is one more failure. */
const minLength = 10_000;

/** After how long without an event a stream is dead, in milliseconds: the server sends one every 30 seconds. */
const maxSilence = 75_000;

/** Keeps a stream of `sessions.watch` open. Returns a function that closes it. */
export function openWatch(subscribe: SubscribeWatch, calls: WatchCalls): () => void {
  let close = (): void => {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let openedAt = 0;
  let hasEvent = false;
  let isPaused = false;
  let isStopped = false;

  function open(): void {
    clearTimeout(timer);
    isPaused = false;
    openedAt = Date.now();
    let isOpen = true;
    awaitEvent();
    const ifOpen = (work: () => void) => () => {
      if (isOpen) work();
    };
    const { unsubscribe } = subscribe(undefined, {
      onData: (event) => ifOpen(() => receive(event))(),
      onError: (error) => ifOpen(() => (sessionErrorReason(error) === null ? openLater() : refuse(error)))(),
      onComplete: ifOpen(openLater),
      // tRPC would try again by itself, without a longer pause each time.
      onConnectionStateChange: ({ state, error }) =>
        ifOpen(() => state === 'connecting' && error !== null && error !== undefined && openLater())(),
    });
    close = () => {
      isOpen = false;
      unsubscribe();
    };
    // A link may have failed while it subscribed.
    if (isPaused || isStopped) close();
  }

  function receive(event: ReceivedSessionsEvent): void {
    hasEvent = true;
    awaitEvent();
    calls.event(event);
  }

  function awaitEvent(): void {
    clearTimeout(timer);
    timer = setTimeout(openLater, maxSilence);
  }

  function openLater(): void {
    close();
    clearTimeout(timer);
    if (isStopped) return;
    // A server that ends each stream at once is away, too.
    if (hasEvent && Date.now() - openedAt >= minLength) failures = 0;
    hasEvent = false;
    isPaused = true;
    // Random, so that not all pages come back at once.
    const pause = Math.min(pauses.last, pauses.first * 2 ** failures) * (0.5 + Math.random() / 2);
    failures += 1;
    timer = setTimeout(open, pause);
  }

  /** The network is back: the next attempt need not wait for the rest of a long pause. */
  function resume(): void {
    failures = 0;
    if (isPaused) openLater();
  }

  function stop(): void {
    isStopped = true;
    stopNetwork();
    clearTimeout(timer);
    close();
  }

  function refuse(error: unknown): void {
    stop();
    calls.refused(error);
  }

  const stopNetwork = followNetwork(resume);
  open();
  return stop;
}

function followNetwork(onOnline: () => void): () => void {
  // React Native has a window without events.
  if (typeof window === 'undefined' || typeof window.addEventListener !== 'function') return () => {};
  window.addEventListener('online', onOnline);
  return () => window.removeEventListener('online', onOnline);
}

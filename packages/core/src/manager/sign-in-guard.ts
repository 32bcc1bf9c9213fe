import type { KeyObject } from 'node:crypto';
import { sharedByCopies } from '../shared-by-copies.ts';
import { createAttempts, type Attempt, type AttemptBucket, type AttemptStore } from '../sign-in/attempt-waits.ts';
import type { CountStore } from '../sign-in/counts.ts';
import { limitersOver, type CreateLimiter } from '../sign-in/rate-limiters.ts';
import { createMemoryCounts } from '../sign-in/memory-counts.ts';
import { createAsk } from '../sign-in/outage.ts';
import { bucketName, deriveSecret } from '../token/derived-keys.ts';
import type { MarkNumbers } from '../store/mark-numbers.ts';
import { createMarkIssuer, type MarkIssuer } from './device-marks.ts';
import type { Events, SessionEvents } from './events.ts';
import type { Settings } from './options.ts';

/** Where attempts to sign in are counted. */
export type AttemptStoreName = 'memory' | 'database' | 'redis';

/** How a manager guards sign-ins. */
export interface SignInGuardOptions {
  /** @defaultValue `'redis'` with a `redisBus`, or else `'memory'` */
  readonly store?: AttemptStoreName | undefined;
}

/** Counts the attempts to sign in, for a plugin. */
export interface SignInGuard {
  /** Where the attempts are counted. */
  readonly store: AttemptStoreName;
  /** Names a text, such as that of an account, by a keyed hash: for the ids of buckets. */
  nameOf(text: string): string;
  /** Counts an attempt before it is made, or refuses it. */
  take(bucket: AttemptBucket): Promise<Attempt>;
  /** Takes back an attempt that was counted. */
  giveBack(bucket: AttemptBucket, attempt: Attempt): Promise<void>;
  /** Drops a count. Returns whether there was one. */
  clear(id: string): Promise<boolean>;
  /** Device marks, which prove that a device has signed in to an account before. */
  readonly marks: MarkIssuer;
  /** Emits an event of the manager. */
  report<TName extends 'rejected' | 'throttled'>(name: TName, event: SessionEvents[TName]): void;
}

/** The parts that guard sign-ins. */
export interface SignInGuardParts {
  /** Those of the database. */
  readonly counts: CountStore;
  readonly numbers: MarkNumbers;
  readonly events: Pick<Events<SessionEvents>, 'emit'>;
}

/** Creates the function of a manager that guards sign-ins. Plugins of one manager share its counts. */
export function createGuardSignIns(
  { counts, numbers, events }: SignInGuardParts,
  { keys, clock, table, bus, readIp }: Pick<Settings, 'keys' | 'clock' | 'table' | 'bus' | 'readIp'>,
): (options?: SignInGuardOptions) => SignInGuard {
  let secret: KeyObject | undefined;
  const stores = new Map<AttemptStoreName, AttemptStore>();
  const inMemory = limitersOver(createMemoryCounts(), clock);

  function nameOf(text: string): string {
    secret ??= deriveSecret(keys.signer.signing, 'attempts');
    return bucketName(secret, table.table, text);
  }

  /** To refuse every sign-in while a store fails would lock out all users, and to count nothing would open the app to guesses. */
  function create(name: AttemptStoreName): AttemptStore {
    if (name === 'memory') return createAttempts(inMemory, clock);
    const createLimiter = sharedLimiters(name);
    const ask = createAsk({ clock, onFault: (error) => events.emit('fault', { task: 'throttle', error }) });
    return createAttempts(
      async (options) => createLimiter({ ...options, ask, insuranceLimiter: await inMemory(options) }),
      clock,
    );
  }

  function sharedLimiters(name: AttemptStoreName): CreateLimiter {
    if (name === 'database') return limitersOver(counts, clock);
    if (name === 'redis' && bus?.limiters !== undefined) return bus.limiters;
    throw new TypeError(
      name === 'redis'
        ? "throttle.store: 'redis' needs a manager whose bus is redisBus(client)"
        : `throttle.store: expected 'memory', 'database' or 'redis', got ${JSON.stringify(name)}`,
    );
  }

  function storeOf(name: AttemptStoreName): AttemptStore {
    let store = stores.get(name);
    if (store === undefined) stores.set(name, (store = create(name)));
    return store;
  }

  const marks = createMarkIssuer({ numbers, events }, { keys, clock, table });

  return (options = {}) => {
    const name = options.store ?? (bus?.limiters === undefined ? 'memory' : 'redis');
    const isChosen = options.store !== undefined;
    if (name === 'memory' && !isChosen && bus !== undefined && bus.isLocal !== true) warnOfMemory();
    const store = storeOf(name);
    return {
      store: name,
      nameOf,
      take: (bucket) => store.take(bucket),
      giveBack: (bucket, attempt) => store.giveBack(bucket, attempt),
      clear: (id) => store.clear(id),
      marks,
      report(eventName, event) {
        const { caller } = event;
        events.emit(eventName, caller === null ? event : { ...event, caller: { ...caller, ip: readIp(caller.ip) } });
      },
    };
  };
}

/** Says once in a process that its counts are its own. The bus shows that there are others. */
function warnOfMemory(): void {
  const shared = sharedByCopies('throttle-warning', () => ({ isGiven: false }));
  if (shared.isGiven) return;
  shared.isGiven = true;
  process.emitWarning(
    "Each process counts attempts to sign in by itself, so that a guesser has as many attempts as there are processes. To count them together, set throttle: { store: 'database' }. To keep it so, set store: 'memory'.",
    { type: 'TrpcSessionsWarning', code: 'TRPC_SESSIONS_THROTTLE' },
  );
}

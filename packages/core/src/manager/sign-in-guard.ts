import type { KeyObject } from 'node:crypto';
import type { Attempt, AttemptBucket, AttemptStore } from '../sign-in/attempts.ts';
import { createMemoryAttempts } from '../sign-in/memory-attempts.ts';
import { deriveSecret, keyedName } from '../token/derived-keys.ts';
import type { Events, SessionEvents } from './events.ts';
import type { Settings } from './options.ts';

/** The name of an {@link AttemptStore}. */
export type AttemptStoreName = 'memory';

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
  /** Emits an event of the manager. */
  report<TName extends 'rejected' | 'throttled'>(name: TName, event: SessionEvents[TName]): void;
}

/** The parts that guard sign-ins. */
export interface SignInGuardParts {
  readonly events: Pick<Events<SessionEvents>, 'emit'>;
}

/** Creates the function of a manager that guards sign-ins. Plugins of one manager share its counts. */
export function createGuardSignIns(
  { events }: SignInGuardParts,
  { keys, clock, table, readIp }: Pick<Settings, 'keys' | 'clock' | 'table' | 'readIp'>,
): () => SignInGuard {
  let memory: AttemptStore | undefined;
  let secret: KeyObject | undefined;

  return () => {
    const store = (memory ??= createMemoryAttempts());
    return {
      store: 'memory',
      nameOf(text) {
        secret ??= deriveSecret(keys.signer.signing, 'attempts');
        // Two tables may share a store, such as one Redis.
        return keyedName(secret, `${table.table.toLowerCase()} ${text}`);
      },
      take: (bucket) => store.take(bucket, clock()),
      giveBack: (bucket, attempt) => store.giveBack(bucket, attempt),
      clear: (id) => store.clear(id),
      report(name, event) {
        const { caller } = event;
        events.emit(name, caller === null ? event : { ...event, caller: { ...caller, ip: readIp(caller.ip) } });
      },
    };
  };
}

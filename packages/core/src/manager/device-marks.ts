import type { MarkNumbers } from '../store/mark-numbers.ts';
import { referenceTo } from '../store/table-name.ts';
import { createDeviceMarks, type MarkedDevice } from '../token/device-mark.ts';
import type { Events, SessionEvents } from './events.ts';
import type { Settings } from './options.ts';

/** A device that has signed in to an account before, as its mark proves. Its number names it among those of the user. */
export interface KnownDevice extends MarkedDevice {
  /** Whether it keeps its number. After many others have signed in, it gets a new one, so that it is not the next to be dropped. */
  readonly isRecent: boolean;
}

/** A new device mark. */
export interface NewMark {
  readonly text: string;
  readonly expiresAt: Date;
}

/**
 * Issues and verifies device marks: each proves that its device has signed in to an account before, and opens nothing by
 * itself.
 */
export interface MarkIssuer {
  /** Verifies a mark for one account; `undefined` if it is not valid, or cannot be verified now. */
  verify(text: string, account: string): Promise<KnownDevice | undefined>;
  /**
   * Issues a mark: before the session is issued, so that a revocation in between ends both. `undefined` if the database
   * failed.
   *
   * @param known - the device, if it had a mark: it takes no further place among those of the user
   */
  issue(userId: string, account: string, known: KnownDevice | undefined): Promise<NewMark | undefined>;
}

/** In milliseconds: 180 days. */
const lifetime = 180 * 86_400_000;

export function createMarkIssuer(
  { numbers, events }: { readonly numbers: MarkNumbers; readonly events: Pick<Events<SessionEvents>, 'emit'> },
  { keys, clock, table }: Pick<Settings, 'keys' | 'clock' | 'table'>,
): MarkIssuer {
  const marks = createDeviceMarks(keys, clock);
  // Of another table, the same user and account are others. So they are in another schema, such as that of another customer.
  const scoped = (account: string): string => `${referenceTo(table).toLowerCase()} ${account}`;

  /** A sign-in succeeds without a mark, too. */
  async function orNothing<TResult>(work: () => Promise<TResult | undefined>): Promise<TResult | undefined> {
    try {
      return await work();
    } catch (error) {
      events.emit('fault', { task: 'throttle', error });
      return undefined;
    }
  }

  return {
    verify: (text, account) =>
      orNothing(async () => {
        const device = marks.verify(text, scoped(account));
        if (device === undefined) return undefined;
        const age = await numbers.check(device.userId, device.number);
        return age && { ...device, isRecent: age === 'recent' };
      }),
    issue: (userId, account, known) =>
      orNothing(async () => {
        const keepsNumber = known?.userId === userId && known.isRecent;
        const number = keepsNumber ? known.number : await numbers.next(userId);
        const expiresAt = clock() + lifetime;
        const text = marks.sign({ userId, number }, scoped(account), expiresAt);
        return { text, expiresAt: new Date(expiresAt) };
      }),
  };
}

import { property } from '../property.ts';

/**
 * Holds the device mark: the text that proves that this device has signed in to the account before. It opens nothing by
 * itself, and signing out leaves it. Either method may return a promise.
 */
export interface DeviceMarkStore {
  get(): string | null | Promise<string | null>;
  set(mark: string): unknown;
}

/** Longer marks are refused by the server, and so would be every login that sends one. */
const maxLength = 4096;

/** Adds the mark to the input of `login`, unless the app has sent one. Only a plain object takes it, so `FormData` does not. */
export async function withMark(input: unknown, mark: DeviceMarkStore | undefined): Promise<unknown> {
  try {
    const deviceMark = await mark?.get();
    // The server ignores another text than a mark.
    if (typeof deviceMark === 'string' && deviceMark.length <= maxLength && property(input, 'constructor') === Object)
      return { deviceMark, ...Object(input) };
  } catch {
    // The app's own store has failed: it holds none.
  }
  return input;
}

/** Keeps the mark in the result of a sign-in. A store that fails keeps none, and the sign-in succeeds. */
export async function keepMark(result: unknown, mark: DeviceMarkStore | undefined): Promise<void> {
  const deviceMark = property(result, 'deviceMark');
  try {
    if (typeof deviceMark === 'string') await mark?.set(deviceMark);
  } catch {
    // The app's own store has failed: it keeps none.
  }
}

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

/** Three parts of base64url, as a mark has. */
const shape = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Returns a stored value if it can be a device mark, otherwise `null`. */
export function markOrNull(value: unknown): string | null {
  return typeof value === 'string' && value.length <= maxLength && shape.test(value) ? value : null;
}

/** Returns the mark of any store, the app's own included. A store that fails holds none. */
export async function readMark(mark: DeviceMarkStore): Promise<string | null> {
  try {
    return markOrNull(await mark.get());
  } catch {
    return null;
  }
}

/** Keeps the mark in the result of a sign-in. A store that fails keeps none, and the sign-in succeeds. */
export async function keepMark(mark: DeviceMarkStore | undefined, result: unknown): Promise<void> {
  const text = markOrNull(Reflect.get(Object(result), 'deviceMark'));
  try {
    if (text !== null) await mark?.set(text);
  } catch {
    // As above.
  }
}

/** Adds the mark to the input of `login`, unless the app has sent one. An input such as `FormData` takes none. */
export function withMark(input: unknown, mark: string | null): unknown {
  return mark !== null && Object.getPrototypeOf(Object(input)) === Object.prototype
    ? { deviceMark: mark, ...Object(input) }
    : input;
}

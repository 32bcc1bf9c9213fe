/**
 * Holds the device mark: the text that proves that this device has signed in to the account before. It opens nothing by
 * itself, and signing out leaves it. Either method may return a promise.
 */
export interface DeviceMarkStore {
  get(): string | null | Promise<string | null>;
  set(mark: string): unknown;
}

/** A store of tokens that may hold a mark. */
interface WithMark {
  readonly mark?: DeviceMarkStore | undefined;
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
export function readMark({ mark }: WithMark): string | null | Promise<string | null> {
  if (mark === undefined) return null;
  try {
    const read = mark.get();
    if (read === null || typeof read === 'string') return markOrNull(read);
    // The promise of a storage may have no prototype of ours.
    return Promise.resolve(read).then(markOrNull, () => null);
  } catch {
    return null;
  }
}

/** Keeps the mark in the result of a sign-in. A store that fails keeps none, and the sign-in succeeds. */
export function keepMark({ mark }: WithMark, result: unknown): void {
  const text = markOrNull(Reflect.get(Object(result), 'deviceMark'));
  if (mark === undefined || text === null) return;
  try {
    Promise.resolve(mark.set(text)).catch(() => {});
  } catch {
    // As above.
  }
}

/** Adds the mark to the input of `login`, unless the app has sent one. */
export function withMark(input: unknown, mark: string | null): unknown {
  if (mark === null || !isPlainObject(input) || 'deviceMark' in input) return input;
  return { ...input, deviceMark: mark };
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

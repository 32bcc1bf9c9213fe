import { CallbackError, SessionUsageError } from '../errors.ts';
import { createKeyRing, type KeyRing, type Keys } from './keys.ts';

/**
 * The option `keys`. A function, or no value, is read for the first token: frameworks import a module while they build an app,
 * and have no secret then. A value is checked at once.
 */
export type KeysOption = Keys | (() => Keys | undefined) | undefined;

/** Returns whether the keys are read later. */
export function isLate(keys: KeysOption): keys is (() => Keys | undefined) | undefined {
  return keys === undefined || typeof keys === 'function';
}

/**
 * Reads the option `keys`.
 *
 * @param onRead - Called when late keys are read.
 * @throws {TypeError | RangeError} a value that was given is wrong. Later, it is a {@link SessionUsageError}
 */
export function readKeys(keys: KeysOption, onRead: () => void): KeyRing {
  if (!isLate(keys)) return createKeyRing(keys);
  const late = keys;
  let ring: KeyRing | undefined;
  function read(): KeyRing {
    if (ring !== undefined) return ring;
    ring = createLateRing(late);
    onRead();
    return ring;
  }
  return {
    get signer() {
      return read().signer;
    },
    get all() {
      return read().all;
    },
    find: (kid) => read().find(kid),
  };
}

/** Its own error may name the file or the service that the keys are in: it is the cause. */
function callForKeys(keys: (() => Keys | undefined) | undefined): Keys | undefined {
  try {
    return keys?.();
  } catch (error) {
    throw new CallbackError('keys', error);
  }
}

function createLateRing(keys: (() => Keys | undefined) | undefined): KeyRing {
  const given = callForKeys(keys);
  if (given === undefined) {
    throw new SessionUsageError(
      'keys: there is none (is the environment variable set?): pass a secret of at least 32 bytes, or a list of keys of which the first one signs',
    );
  }
  try {
    return createKeyRing(given);
  } catch (error) {
    throw error instanceof Error ? new SessionUsageError(error.message, { cause: error.cause }) : error;
  }
}

import { inspect } from 'node:util';

/** An access token that no log shows: it prints as `[redacted]`, in JSON and in `util.inspect` too. */
export interface RedactedToken {
  /** Returns the token itself, such as to send it to another service. */
  reveal(): string;
  /** Returns `[redacted]`. */
  toString(): string;
}

const redacted = '[redacted]';

class Redacted implements RedactedToken {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  reveal(): string {
    return this.#token;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}

/** Wraps an access token, so that no log of its holder shows it. */
export function redactToken(token: string): RedactedToken {
  return new Redacted(token);
}

/** Returns the text of a token, redacted or not. */
export function revealToken(token: string | RedactedToken | null | undefined): string | null | undefined {
  return isRedactedToken(token) ? token.reveal() : token;
}

/** Asks for the method, not for the class: an app may load two copies of this package. */
function isRedactedToken(token: unknown): token is RedactedToken {
  return typeof token === 'object' && token !== null && 'reveal' in token && typeof token.reveal === 'function';
}

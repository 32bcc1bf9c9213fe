const shape = /^[a-z2-7]{32}$/;

/** Answers whether a claim is shaped like a lookup id. */
export function isLookupId(value: unknown): value is string {
  return typeof value === 'string' && shape.test(value);
}

/** Answers whether a text is shaped like the id of a session: no other needs to be looked for. */
export function isSessionId(value: unknown): value is string {
  return isLookupId(value);
}

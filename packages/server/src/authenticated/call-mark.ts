/** The part of a tRPC call that a mark needs. */
interface Call {
  readonly ctx: object;
  readonly getRawInput: () => Promise<unknown>;
}

/** Marks a call as verified, so that a procedure built with `authenticated` twice verifies it once. */
export interface CallMark {
  /** Answers whether this very call has been verified; `false` also when that is not certain. */
  isSet(call: Call): boolean;
  /** The property of the context that has the mark. */
  readonly key: symbol;
  /** Makes the mark of a call. The steps that follow get it in their context, and as their `getRawInput`. */
  create(getRawInput: Call['getRawInput']): Call['getRawInput'];
}

/**
 * A context alone does not prove that its call was verified. An app may hand it on to a later call, and the context of a
 * WebSocket serves all of its calls. tRPC gives a call no id. But it hands `getRawInput` from step to step of one call. So the
 * mark is a `getRawInput` of our own, made for the call: it stands in the context, and the steps that follow get it. If the
 * two differ (a later call, or a step in between replaced `getRawInput`), the call is verified again.
 */
export function createCallMark(): CallMark {
  // A symbol of each plugin's own: another plugin verifies other sessions.
  const key = Symbol('trpc-sessions.call');

  return {
    isSet: ({ ctx, getRawInput }) => Reflect.get(ctx, key) === getRawInput,
    key,
    create: (getRawInput) => () => getRawInput(),
  };
}

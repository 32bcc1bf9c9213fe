import type { Session } from '@trpc-sessions/core';

/** How the steps of a tRPC call read its input. */
type GetRawInput = () => Promise<unknown>;

/** Marks a call as verified, so that a procedure built with `authenticated` twice verifies it once. */
export interface CallMark {
  /** Answers whether this very call has been verified, with the session of its context; `false` also when that is not certain. */
  isSet(getRawInput: GetRawInput, session: unknown): boolean;
  /** Makes the mark of a call: the steps that follow get it as their `getRawInput`. */
  create(getRawInput: GetRawInput, session: Session): GetRawInput;
}

/**
 * A context alone does not prove that its call was verified. An app may hand it on to a later call, and the context of a
 * WebSocket serves all of its calls. tRPC gives a call no id. But it hands `getRawInput` from step to step of one call. So the
 * mark is a `getRawInput` of our own, made for the call, which names the session. If the context has another session, or a step
 * in between replaced `getRawInput`, the call is verified again. A mark in the context would cost each step a property to copy.
 */
export function createCallMark(): CallMark {
  // A symbol of each plugin's own: another plugin verifies other sessions.
  const key: unique symbol = Symbol('trpc-sessions.call');
  return {
    isSet(getRawInput, session) {
      const marked: unknown = Reflect.get(getRawInput, key);
      return marked !== undefined && marked === session;
    },
    create(getRawInput, session) {
      const mark: GetRawInput & { [key]?: Session } = () => getRawInput();
      mark[key] = session;
      return mark;
    },
  };
}

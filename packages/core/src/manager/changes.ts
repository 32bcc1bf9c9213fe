import type { CallerInfo } from '../session/caller.ts';
import type { LivenessRules } from '../session/liveness.ts';
import type { Session } from '../session/session.ts';
import { createRefusalOf } from './refusal.ts';
import { createReissue, type ReissuedSession, type ReissueInput, type ReissueParts } from './reissue.ts';
import { createUpdate, type UpdateInput, type UpdateOptions, type UpdateParts } from './update.ts';
import type { LastSeenWrites } from './last-seen.ts';

/** Changes live sessions. */
export interface SessionChanges {
  /**
   * Names a session of a user, or replaces its data. Other processes follow when the bus delivers the message. `null` when the user
   * has no such session.
   *
   * @throws {SessionUsageError} there is neither a name nor data; `name` is not a text; `data` is not JSON or larger than 4,096 bytes
   *
   * @example
   * ```ts
   * await manager.update({ userId, id: session.id, name: 'My laptop', data: { theme: 'dark' } });
   * ```
   */
  update<TOwn>(input: UpdateInput, options?: UpdateOptions<TOwn>): Promise<Session | null>;
  /**
   * Signs a new token for the session of a token, such as for changed claims. It expires when the old one would have. The old one is
   * good for `grace` more, and is then refused as `revoked_session`. Requests that reissue the same token at once get tokens of
   * one generation, which are all good. `grace: '0s'` ends every other token of the session.
   *
   * @throws {SessionError} as `verify`
   * @throws {SessionUsageError} `claims` overwrite a registered claim, are not JSON or are too large; `grace` is not a duration
   *
   * @example
   * ```ts
   * const { token } = await manager.reissue(caller.token, { claims: { role: 'editor' } });
   * ```
   */
  reissue(token: CallerInfo['token'] | undefined, input: ReissueInput): Promise<ReissuedSession>;
}

/** The parts that change sessions. */
export interface ChangeParts {
  readonly store: UpdateParts['store'] & ReissueParts['store'];
  readonly tokens: ReissueParts['tokens'];
  readonly verifyToken: ReissueParts['verifyToken'];
  readonly findEnd: ReissueParts['findEnd'];
  readonly lastSeen: Pick<LastSeenWrites, 'seenAt' | 'flushBriefly'>;
  readonly announcements: UpdateParts['announcements'];
}

export function createChanges(
  parts: ChangeParts,
  rules: LivenessRules & { readonly clock: () => number },
): SessionChanges {
  return {
    update: createUpdate(parts, rules),
    reissue: createReissue({ ...parts, refusalOf: createRefusalOf(parts.lastSeen, rules), clock: rules.clock }),
  };
}

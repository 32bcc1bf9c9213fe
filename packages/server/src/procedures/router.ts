import type { StandardSchemaV1 } from '@standard-schema/spec';
import { initTRPC, type TRPCMutationProcedure } from '@trpc/server';
import type { SessionsContext } from '../request/context.ts';
import type { RouterOf } from '../authenticated/builders.ts';
import type { Captcha } from '../captcha/captcha.ts';
import { createChallengeProcedure } from './challenge.ts';
import { createAdmin, type AdminProcedures, type IsAdmin } from './admin.ts';
import { createLogin, type LoginParts, type LoginProcedure } from './login.ts';
import { createLogout, type LogoutParts } from './logout.ts';
import type { SessionsProcedure } from './procedure.ts';
import { createSessions, type RevokeResult, type SessionProcedures, type SessionsParts } from './sessions.ts';

/** The procedures of {@link SessionsRouter}. */
export interface SessionsRouterRecord<TCredentials, TClaims = unknown, TAdmin = undefined> {
  login: LoginProcedure<TCredentials, TClaims>;
  logout: TRPCMutationProcedure<SessionsProcedure<void, RevokeResult>>;
  sessions: SessionsRecord<TClaims, TAdmin>;
}

/** The procedures of `sessions`, and with the option `admin` those of `sessions.admin`. */
export type SessionsRecord<TClaims, TAdmin> = [TAdmin] extends [undefined]
  ? RecordOf<SessionProcedures<TClaims>>
  : RecordOf<SessionProcedures<TClaims>> & { admin: RecordOf<AdminProcedures> };

/** An interface as tRPC takes it. */
export type RecordOf<TProcedures> = { [TName in keyof TProcedures]: TProcedures[TName] };

/** The router to merge or nest: `login`, `logout` and `sessions.*`. */
export type SessionsRouter<TCredentials, TClaims = unknown, TAdmin = undefined> = RouterOf<
  RecordOf<SessionsRouterRecord<TCredentials, TClaims, TAdmin>>
>;

/** The parts that {@link createRouter} is made of. */
export interface RouterParts<TSchema extends StandardSchemaV1, TClaims>
  extends LoginParts<TSchema, TClaims>, LogoutParts, SessionsParts {
  /** The option `admin`. */
  readonly isAdmin: IsAdmin<unknown, unknown, unknown> | undefined;
  readonly captcha: Captcha | undefined;
}

export function createRouter<TSchema extends StandardSchemaV1, TClaims, TAdmin>(
  parts: RouterParts<TSchema, TClaims>,
): SessionsRouter<StandardSchemaV1.InferInput<TSchema>, TClaims, TAdmin> {
  // No transformer and no error formatter of our own: tRPC merges no routers that disagree.
  const t = initTRPC.context<SessionsContext>().create();
  const { isAdmin, captcha } = parts;
  const challenge = captcha?.challenge && createChallengeProcedure(captcha.challenge, parts.formatError);
  const admin = isAdmin && { admin: { ...createAdmin(parts, isAdmin) } };
  const router = t.router({
    login: createLogin(parts),
    logout: createLogout(parts),
    sessions: { ...createSessions<TClaims>(parts), ...(challenge && { challenge }), ...admin },
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- with the option `admin`, it has those procedures
  return router as unknown as SessionsRouter<StandardSchemaV1.InferInput<TSchema>, TClaims, TAdmin>;
}

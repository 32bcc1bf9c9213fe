import type { StandardSchemaV1 } from '@standard-schema/spec';
import { initTRPC, type TRPCMutationProcedure } from '@trpc/server';
import type { SessionsContext } from '../request/context.ts';
import type { RouterOf } from '../authenticated/builders.ts';
import { createLogin, type LoginParts, type LoginProcedure } from './login.ts';
import { createLogout, type LogoutParts } from './logout.ts';
import type { SessionsProcedure } from './procedure.ts';
import { createSessions, type RevokeResult, type SessionProcedures, type SessionsParts } from './sessions.ts';

/** The procedures of {@link SessionsRouter}. */
export interface SessionsRouterRecord<TCredentials, TClaims = unknown> {
  login: LoginProcedure<TCredentials, TClaims>;
  logout: TRPCMutationProcedure<SessionsProcedure<void, RevokeResult>>;
  sessions: { [TName in keyof SessionProcedures<TClaims>]: SessionProcedures<TClaims>[TName] };
}

/** The router to merge or nest: `login`, `logout` and `sessions.*`. */
export type SessionsRouter<TCredentials, TClaims = unknown> = RouterOf<{
  [TName in keyof SessionsRouterRecord<TCredentials, TClaims>]: SessionsRouterRecord<TCredentials, TClaims>[TName];
}>;

/** The parts that {@link createRouter} is made of. */
export interface RouterParts<TSchema extends StandardSchemaV1, TClaims>
  extends LoginParts<TSchema, TClaims>, LogoutParts, SessionsParts {}

export function createRouter<TSchema extends StandardSchemaV1, TClaims>(
  parts: RouterParts<TSchema, TClaims>,
): SessionsRouter<StandardSchemaV1.InferInput<TSchema>, TClaims> {
  // No transformer and no error formatter of our own: tRPC merges no routers that disagree.
  const t = initTRPC.context<SessionsContext>().create();
  return t.router({
    login: createLogin(parts),
    logout: createLogout(parts),
    sessions: { ...createSessions<TClaims>(parts) },
  });
}

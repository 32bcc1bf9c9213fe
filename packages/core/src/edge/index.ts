export {
  createSessionGate,
  type GateCookie,
  type GateRequest,
  type GateResult,
  type SessionGate,
  type SessionGateOptions,
} from './session-gate.ts';
export {
  createTokenVerifier,
  type EdgeClaims,
  type EdgeKeys,
  type TokenVerifier,
  type TokenVerifierOptions,
  type VerifiedToken,
} from './token-verifier.ts';
export type { EdgeKey } from './edge-keys.ts';
export { isSessionError, SessionError, type SessionErrorReason } from '../errors.ts';
export type { Jwk } from '../token/key-rules.ts';
export type { AccessTokenClaims } from '../token/token-rules.ts';

import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  isSessionError,
  SessionError,
  sessionErrors,
  type SessionErrorEntry,
  SessionUsageError,
  type SessionErrorReason,
} from './errors.ts';

describe('SessionError', () => {
  test('has its reason, and what the table says of it', () => {
    const cause = new Error('underneath');
    const error = new SessionError('too_many_attempts', { retryAfter: 30, cause });
    expect(error).toMatchObject({ name: 'SessionError', reason: 'too_many_attempts', retryAfter: 30, cause });
    expect(error.message).toBe(sessionErrors.too_many_attempts.message);
  });

  test('is told from other errors, also when it comes from another copy of the package', () => {
    expect(isSessionError(new SessionError('revoked_session'))).toBe(true);
    expect(isSessionError(Object.assign(new Error('copy'), { name: 'SessionError', reason: 'idle_session' }))).toBe(
      true,
    );
    for (const other of [
      null,
      undefined,
      'revoked_session',
      new Error('revoked_session'),
      { name: 'SessionError', reason: 'revoked_session' },
      Object.assign(new Error('unknown reason'), { name: 'SessionError', reason: 'toString' }),
    ]) {
      expect(isSessionError(other)).toBe(false);
    }
  });
});

test('instanceof holds for an error of another copy of the package, and not for its subclasses', () => {
  class OwnError extends SessionError {}
  const ofCopy = Object.assign(new Error('copy'), { name: 'SessionError', reason: 'idle_session' });
  expect([ofCopy, new SessionError('idle_session'), new OwnError('idle_session')]).toSatisfy((errors: unknown[]) =>
    errors.every((error) => error instanceof SessionError),
  );
  expect(new OwnError('idle_session')).toBeInstanceOf(OwnError);
  for (const other of [ofCopy, new SessionError('idle_session'), null]) expect(other).not.toBeInstanceOf(OwnError);

  const misuse = Object.assign(new TypeError('copy'), { name: 'SessionUsageError' });
  expect(misuse).toBeInstanceOf(SessionUsageError);
  expect(new TypeError('other')).not.toBeInstanceOf(SessionUsageError);
});

describe('the table of reasons', () => {
  test('has types that derive from it', () => {
    expectTypeOf(sessionErrors).toExtend<Record<SessionErrorReason, SessionErrorEntry>>();
    expectTypeOf<SessionErrorReason>().toExtend<string>();
  });

  test('ends a session only for an UNAUTHORIZED token, and challenges just those (RFC 6750)', () => {
    for (const entry of Object.values<SessionErrorEntry>(sessionErrors)) {
      if (entry.endsSession) expect(entry.code).toBe('UNAUTHORIZED');
      expect(entry.challenge).toBe(entry.endsSession ? 'invalid_token' : null);
    }
  });
});

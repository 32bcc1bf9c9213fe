import { TRPCClientError } from '@trpc/client';
import type { SessionErrorReason } from '@trpc-sessions/server';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { endsSession, retryAfter, sessionErrorReason } from './errors.ts';

function refusal(session: unknown): TRPCClientError<never> {
  return TRPCClientError.from({ error: { code: -32001, message: 'refused', data: { code: 'UNAUTHORIZED', session } } });
}

describe('sessionErrorReason', () => {
  test('reads the reason of a refusal', () => {
    expect(sessionErrorReason(refusal({ reason: 'revoked_session' }))).toBe('revoked_session');
  });

  test('reads the reason by shape, so that the error may come from another copy of tRPC', () => {
    expect(sessionErrorReason({ data: { session: { reason: 'idle_session' } } })).toBe('idle_session');
  });

  test('reads the reason in the cause, if the client and its link come from two copies of tRPC', () => {
    const wrapped = new Error('refused', { cause: refusal({ reason: 'revoked_session' }) });
    expect(sessionErrorReason(wrapped)).toBe('revoked_session');
    expect(sessionErrorReason(new Error('refused', { cause: wrapped }))).toBe('revoked_session');
  });

  test('is null for an error that is its own cause', () => {
    const error = new Error('loop');
    error.cause = error;
    expect(sessionErrorReason(error)).toBeNull();
  });

  test.each([
    ['a network error', new TypeError('fetch failed')],
    ['an error of the app', refusal(undefined)],
    ['an unknown reason', refusal({ reason: 'bad_weather' })],
    ['a property name of every object', refusal({ reason: 'toString' })],
    ['a reason that is no text', refusal({ reason: 1 })],
    ['data that is no object', { data: 'session' }],
    ['null', null],
    ['a text', 'revoked_session'],
    ['nothing', undefined],
  ])('is null for %s', (_, error) => {
    expect(sessionErrorReason(error)).toBeNull();
  });

  test("has the type of the server's reasons", () => {
    expectTypeOf(sessionErrorReason).returns.toEqualTypeOf<SessionErrorReason | null>();
  });
});

describe('endsSession', () => {
  test.each<[SessionErrorReason | null, boolean]>([
    ['missing_token', false],
    ['malformed_token', true],
    ['invalid_token', true],
    ['expired_token', true],
    ['revoked_session', true],
    ['idle_session', true],
    ['invalid_credentials', false],
    ['too_many_attempts', false],
    ['captcha_required', false],
    ['fresh_session_required', false],
    [null, false],
  ])('for %s is %s', (reason, ends) => {
    expect(endsSession(reason)).toBe(ends);
  });
});

describe('retryAfter', () => {
  test('returns the seconds to wait', () => {
    const error = refusal({ reason: 'too_many_attempts', retryAfter: 30 });
    expect(retryAfter(error)).toBe(30);
    expect(retryAfter(new Error('refused', { cause: error }))).toBe(30);
  });

  test('is null if the server did not say', () => {
    expect(retryAfter(refusal({ reason: 'too_many_attempts' }))).toBeNull();
    expect(retryAfter(new TypeError('fetch failed'))).toBeNull();
  });
});

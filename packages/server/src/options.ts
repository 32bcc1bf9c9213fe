import type { Duration, SessionManager } from '@trpc-sessions/core';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { z } from 'zod';
import type { FindAccount } from './authenticated/account.ts';
import type { Captcha } from './captcha/captcha.ts';
import type { AppErrorFormatter } from './errors.ts';
import type { Locate } from './locate/locate.ts';
import type { IsAdmin } from './procedures/admin.ts';
import type { Authenticate } from './procedures/login.ts';
import { checkThrottle, type ThrottleOptions } from './sign-in/throttle-options.ts';

/** The methods of a manager that the plugin calls. */
const managerMethods = [
  'issue',
  'signInMark',
  'guardSignIns',
  'verify',
  'list',
  'get',
  'update',
  'reissue',
  'revoke',
  'revokeMany',
  'revokeOthers',
  'revokeAll',
  'revokeIssuedBefore',
  'listAll',
  'listEnded',
  'now',
  'on',
] as const;

function option<TValue>(isValid: (value: unknown) => boolean, error: string): z.ZodCustom<TValue, TValue> {
  return z.custom<TValue>(isValid, { error });
}

/** A name that can be written with a dot. */
const contextKey = /^[A-Za-z_$][\w$]{0,63}$/;

const isFunction = (value: unknown): boolean => typeof value === 'function';

function hasMethods(value: unknown, names: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && names.every((name) => isFunction(Reflect.get(value, name)));
}

function isStandardSchema(value: unknown): boolean {
  const isSchema = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isSchema && hasMethods(Reflect.get(value, '~standard'), ['validate']);
}

export const sessionsPluginOptions: z.ZodObject<
  {
    manager: z.ZodCustom<SessionManager, SessionManager>;
    authenticate: z.ZodCustom<Authenticate<unknown, unknown>, Authenticate<unknown, unknown>>;
    account: z.ZodOptional<z.ZodCustom<FindAccount<unknown>, FindAccount<unknown>>>;
    admin: z.ZodOptional<z.ZodCustom<IsAdmin<unknown, unknown>, IsAdmin<unknown, unknown>>>;
    contextKey: z.ZodOptional<z.ZodCustom<string, string>>;
    credentials: z.ZodOptional<z.ZodCustom<StandardSchemaV1, StandardSchemaV1>>;
    locate: z.ZodOptional<z.ZodCustom<Locate, Locate>>;
    errorFormatter: z.ZodOptional<z.ZodCustom<AppErrorFormatter, AppErrorFormatter>>;
    locateTimeout: z.ZodOptional<z.ZodCustom<Duration, Duration>>;
    maxStreamsPerSession: z.ZodOptional<z.ZodCustom<number, number>>;
    throttle: z.ZodOptional<z.ZodCustom<ThrottleOptions | false, ThrottleOptions | false>>;
    captcha: z.ZodOptional<z.ZodCustom<Captcha, Captcha>>;
    captchaAfter: z.ZodOptional<z.ZodCustom<number, number>>;
  },
  z.core.$strict
> = z.strictObject(
  {
    manager: option(
      (value) => hasMethods(value, managerMethods),
      'expected the manager that createSessionManager returned',
    ),
    authenticate: option(isFunction, 'expected a function that checks credentials and returns { id } or null'),
    account: option<FindAccount<unknown>>(
      isFunction,
      'expected a function that finds the user of a session, or returns null',
    ).optional(),
    admin: option<IsAdmin<unknown, unknown>>(
      isFunction,
      'expected a function that answers whether a caller is staff',
    ).optional(),
    contextKey: option<string>(
      (value) =>
        typeof value === 'string' && contextKey.test(value) && value !== 'caller' && !(value in Object.prototype),
      "expected a name in the context such as 'auth'",
    ).optional(),
    credentials: option<StandardSchemaV1>(
      isStandardSchema,
      'expected a Standard Schema, such as one of Zod, Valibot or ArkType',
    ).optional(),
    locate: option<Locate>(
      isFunction,
      'expected a function that takes an IP address and returns a text or null',
    ).optional(),
    errorFormatter: option<AppErrorFormatter>(
      isFunction,
      'expected the errorFormatter of your initTRPC.create',
    ).optional(),
    locateTimeout: option<Duration>(
      (value) => typeof value === 'string',
      'expected a duration with its unit, such as "1s"',
    ).optional(),
    maxStreamsPerSession: option<number>(
      (value) => (Number.isInteger(value) && Number(value) >= 1) || value === Infinity,
      'expected a whole number of at least 1',
    ).optional(),
    // Checked by itself: its own options are named, too.
    throttle: option<ThrottleOptions | false>(() => true, '').optional(),
    captcha: option<Captcha>(
      isFunction,
      'expected altcha(…), turnstile(…) or a function that verifies a solution',
    ).optional(),
    captchaAfter: option<number>(
      (value) => Number.isInteger(value) && Number(value) >= 0,
      'expected a whole number: 0 asks for a captcha always',
    ).optional(),
  },
  { error: ({ code }) => (code === 'invalid_type' ? 'expected { manager, authenticate }' : undefined) },
);

/** @throws {TypeError} an option is wrong or unknown: the message names it */
export function checkOptions(options: object): void {
  const { error } = sessionsPluginOptions.safeParse(options);
  if (error === undefined) {
    const { throttle }: { throttle?: unknown } = options;
    checkThrottle(throttle);
    return;
  }
  // A misspelled option is also a missing one: its own name helps more.
  const issue = error.issues.find(({ code }) => code === 'unrecognized_keys') ?? error.issues[0];
  if (issue?.code === 'unrecognized_keys') {
    const known = Object.keys(sessionsPluginOptions.shape).join(', ');
    throw new TypeError(`${issue.keys.join(', ')}: there is no such option; the options are ${known}`);
  }
  throw new TypeError(`${issue?.path.join('.') || 'options'}: ${issue?.message}`);
}

import { checkThrottle } from './sign-in/throttle-options.ts';

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

const isFunction = (value: unknown): boolean => typeof value === 'function';

function hasMethods(value: unknown, names: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && names.every((name) => isFunction(Reflect.get(value, name)));
}

function isStandardSchema(value: unknown): boolean {
  const isSchema = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isSchema && hasMethods(Reflect.get(value, '~standard'), ['validate']);
}

/** A name that can be written with a dot. */
const name = /^[A-Za-z_$][\w$]{0,63}$/;

function isContextKey(value: unknown): boolean {
  return typeof value === 'string' && name.test(value) && value !== 'caller' && !(value in Object.prototype);
}

/** The options that a plugin needs. */
export type RequiredOption = 'manager' | 'authenticate';

/** The options that an app may leave out. */
export type OptionalOption =
  | 'account'
  | 'admin'
  | 'contextKey'
  | 'credentials'
  | 'locate'
  | 'errorFormatter'
  | 'locateTimeout'
  | 'maxStreamsPerSession'
  | 'throttle'
  | 'captcha'
  | 'captchaAfter';

/** Whether a value is right, and what the message says of one that is not. */
type Rule = readonly [isRight: (value: unknown) => boolean, expected: string];

const required: Readonly<Record<RequiredOption, Rule>> = {
  manager: [(value) => hasMethods(value, managerMethods), 'the manager that createSessionManager returned'],
  authenticate: [isFunction, 'a function that checks credentials and returns { id } or null'],
};

/** Without `throttle`: its own options are named, too. */
const optional: Readonly<Record<Exclude<OptionalOption, 'throttle'>, Rule>> = {
  account: [isFunction, 'a function that finds the user of a session, or returns null'],
  admin: [isFunction, 'a function that answers whether a caller is staff'],
  contextKey: [isContextKey, "a name in the context such as 'auth'"],
  credentials: [isStandardSchema, 'a Standard Schema, such as one of Zod, Valibot or ArkType'],
  locate: [isFunction, 'a function that takes an IP address and returns a text or null'],
  errorFormatter: [isFunction, 'the errorFormatter of your initTRPC.create'],
  locateTimeout: [(value) => typeof value === 'string', 'a duration with its unit, such as "1s"'],
  maxStreamsPerSession: [
    (value) => value === Infinity || (Number.isInteger(value) && Number(value) >= 1),
    'a whole number of at least 1',
  ],
  captcha: [isFunction, 'altcha(…), turnstile(…) or a function that verifies a solution'],
  captchaAfter: [
    (value) => Number.isInteger(value) && Number(value) >= 0,
    'a whole number: 0 asks for a captcha always',
  ],
};

/** @throws {TypeError} an option is wrong or unknown: the message names it */
export function checkOptions(options: object): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError('options: expected { manager, authenticate }');
  const known = [...Object.keys(required), ...Object.keys(optional), 'throttle'];
  // A misspelled option is also a missing one: its own name helps more.
  const unknown = Object.keys(options).filter((each) => !known.includes(each));
  if (unknown.length > 0)
    throw new TypeError(`${unknown.join(', ')}: there is no such option; the options are ${known.join(', ')}`);
  const given: Readonly<Record<string, unknown>> = { ...options };
  for (const [option, [isRight, expected]] of Object.entries(required)) {
    if (!isRight(given[option])) throw new TypeError(`${option}: expected ${expected}`);
  }
  for (const [option, [isRight, expected]] of Object.entries(optional)) {
    if (given[option] !== undefined && !isRight(given[option])) throw new TypeError(`${option}: expected ${expected}`);
  }
  checkThrottle(given['throttle']);
}

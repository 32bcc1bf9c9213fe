import { isStorableText, maxPasswordLength, maxUserIdLength } from '@trpc-sessions/core';
import { TRPCError } from '@trpc/server';
import { z } from 'zod';
import { isTRPCError } from '../errors.ts';

// Unknown keys are dropped, so that a newer client can talk to an older server. The types that users see are written by
// hand in other files, so that none of zod's shows in their declarations. Tests prove them equal to these schemas.

type OptionalText = z.ZodOptional<z.ZodNullable<z.ZodString>>;

type DeviceSchema = z.ZodOptional<
  z.ZodNullable<z.ZodObject<{ name: OptionalText; model: OptionalText; app: OptionalText; appVersion: OptionalText }>>
>;

const maxTextLength = 256;
const maxProofLength = 4096;
const maxIds = 100;
const maxLimit = 100;

function requiredText(maxLength: number): z.ZodString {
  const error = `expected a text of 1 to ${maxLength} characters`;
  return z
    .string({ error })
    .min(1, { error })
    .max(maxLength, { error })
    .refine(isStorableText, { error: 'expected a text without NUL characters and lone surrogates' });
}

function optionalText(): OptionalText {
  const error = `expected a text of up to ${maxTextLength} characters`;
  return z.string({ error }).max(maxTextLength, { error }).nullish();
}

/** The `device` beside the credentials of `login`. */
export const deviceInput: DeviceSchema = z
  .object(
    { name: optionalText(), model: optionalText(), app: optionalText(), appVersion: optionalText() },
    { error: 'expected { name?, model?, app?, appVersion? }' },
  )
  .nullish();

/** The `deviceMark` beside them. Whether it is one shows when it is verified. */
export const markInput: OptionalText = z
  .string({ error: 'expected the deviceMark of an earlier sign-in' })
  .max(maxProofLength, { error: 'expected the deviceMark of an earlier sign-in' })
  .nullish();

/** The solution of a captcha, in the form of its provider. */
export const captchaInput: OptionalText = z
  .string({ error: 'expected the solution of a captcha' })
  .max(maxProofLength, { error: 'expected the solution of a captcha' })
  .nullish();

export const passwordInput: z.ZodObject<{
  username: z.ZodString;
  password: z.ZodString;
  device: DeviceSchema;
  deviceMark: OptionalText;
  captcha: OptionalText;
}> = z.object(
  {
    username: requiredText(maxTextLength),
    password: requiredText(maxPasswordLength),
    device: deviceInput,
    deviceMark: markInput,
    captcha: captchaInput,
  },
  { error: 'expected { username, password }' },
);

// Any text is an id: one that we did not make is an unknown one.
const sessionId = z.string({ error: 'expected the id of a session' });

export const sessionIds: z.ZodArray<z.ZodString> = z.array(sessionId).max(maxIds);

/** As the manager requires it. */
export const userIdText: z.ZodString = requiredText(maxUserIdLength);

export const idInput: z.ZodObject<{ id: z.ZodString }> = z.object(
  { id: sessionId },
  { error: 'expected { id }, the id of a session' },
);

const renameError = `expected a text of up to ${maxTextLength} characters, or null for none`;

export const renameInput: z.ZodObject<{ id: z.ZodString; name: z.ZodNullable<z.ZodString> }> = z.object(
  { id: sessionId, name: z.string({ error: renameError }).max(maxTextLength, { error: renameError }).nullable() },
  { error: 'expected { id, name }' },
);

export const revokeInput: z.ZodXor<[z.ZodObject<{ id: z.ZodString }>, z.ZodObject<{ ids: z.ZodArray<z.ZodString> }>]> =
  z.xor([z.object({ id: sessionId }), z.object({ ids: sessionIds })], {
    error: `expected { id }, the id of a session, or { ids }, a list of up to ${maxIds} of them; not both`,
  });

const limitError = `expected a whole number from 1 to ${maxLimit}`;
const cursorError = 'expected the nextCursor of a page';

type PageShape = {
  limit: z.ZodOptional<z.ZodInt>;
  cursor: z.ZodOptional<z.ZodNullable<z.ZodString>>;
};

export const pageShape: PageShape = {
  limit: z.int({ error: limitError }).min(1, { error: limitError }).max(maxLimit, { error: limitError }).optional(),
  cursor: z
    .string({ error: cursorError })
    .min(1, { error: cursorError })
    .max(maxTextLength, { error: cursorError })
    .nullish(),
};

export const pageInput: z.ZodOptional<z.ZodObject<PageShape>> = z
  .object(pageShape, { error: 'expected { limit?, cursor? }' })
  .optional();

/**
 * Gives an input that was refused an error for people: zod's own message is JSON. The cause keeps every issue. For the
 * result of a middleware's `next()`.
 */
export function withInputError<TResult extends { readonly ok: boolean }>(
  result: TResult | (TResult & { readonly ok: false; readonly error: TRPCError }),
): TResult {
  if (!('error' in result)) return result;
  const { cause } = result.error;
  // tRPC wraps all that a parser throws.
  if (isTRPCError(cause)) return { ...result, error: cause };
  return cause instanceof z.ZodError ? { ...result, error: badInput(cause) } : result;
}

/** Makes the tRPC error of an input that one of our schemas refuses. */
export function badInput(cause: z.ZodError): TRPCError {
  const [issue] = cause.issues;
  const path = z.core.toDotPath(issue?.path ?? []);
  const message = [path, issue?.message].filter(Boolean).join(': ');
  return new TRPCError({ code: 'BAD_REQUEST', message, cause });
}

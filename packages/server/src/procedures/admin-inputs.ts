import { z } from 'zod';
import { pageShape, sessionIds, userIdText } from './inputs.ts';

/** The inputs of the procedures of staff. */
export interface AdminInputs {
  readonly userPageInput: z.ZodObject<{ userId: z.ZodString } & typeof pageShape>;
  readonly userSessionsInput: z.ZodObject<{ userId: z.ZodString; ids: z.ZodArray<z.ZodString> }>;
  readonly userInput: z.ZodObject<{ userId: z.ZodString }>;
  readonly issuedBeforeInput: z.ZodObject<{ time: z.ZodPreprocess<z.ZodISODateTime, Date | string> }>;
}

/** A function, so that the start of an app without staff makes none of them. */
export function createAdminInputs(): AdminInputs {
  /** With a transformer, a time arrives as a Date. A JSON Schema has no such type. */
  const time: z.ZodPreprocess<z.ZodISODateTime, Date | string> = z.preprocess(
    (value: Date | string) => (value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : value),
    z.iso.datetime({ offset: true, error: 'expected a time, as a Date or as a text such as 2026-01-31T12:00:00Z' }),
  );
  return {
    userPageInput: z.object({ userId: userIdText, ...pageShape }, { error: 'expected { userId, limit?, cursor? }' }),
    userSessionsInput: z.object({ userId: userIdText, ids: sessionIds }, { error: 'expected { userId, ids }' }),
    userInput: z.object({ userId: userIdText }, { error: 'expected { userId }' }),
    issuedBeforeInput: z.object({ time }, { error: 'expected { time }' }),
  };
}

import { z } from 'zod';
import { pageShape, sessionIds, userIdText } from './inputs.ts';

type PageShape = typeof pageShape;

export const userPageInput: z.ZodObject<{ userId: z.ZodString } & PageShape> = z.object(
  { userId: userIdText, ...pageShape },
  { error: 'expected { userId, limit?, cursor? }' },
);

export const userSessionsInput: z.ZodObject<{ userId: z.ZodString; ids: z.ZodArray<z.ZodString> }> = z.object(
  { userId: userIdText, ids: sessionIds },
  { error: 'expected { userId, ids }' },
);

export const userInput: z.ZodObject<{ userId: z.ZodString }> = z.object(
  { userId: userIdText },
  { error: 'expected { userId }' },
);

/** With a transformer, a time arrives as a Date. A JSON Schema has no such type. */
const time: z.ZodPreprocess<z.ZodISODateTime, Date | string> = z.preprocess(
  (value: Date | string) => (value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : value),
  z.iso.datetime({ offset: true, error: 'expected a time, as a Date or as a text such as 2026-01-31T12:00:00Z' }),
);

export const issuedBeforeInput: z.ZodObject<{ time: typeof time }> = z.object({ time }, { error: 'expected { time }' });

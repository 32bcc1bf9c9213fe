import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { TRPCError } from '@trpc/server';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { loginInput } from './login-input.ts';

function parse(schema: StandardSchemaV1 | undefined, input: unknown): Promise<unknown> {
  return Promise.resolve(loginInput(schema)['~standard'].validate(input));
}

describe('the form of the app sees its own part only', () => {
  test.each<[string, StandardSchemaV1, unknown, unknown]>([
    ['a strict one', z.strictObject({ email: z.string() }), { email: 'ada' }, { email: 'ada' }],
    ['a loose one', z.looseObject({ email: z.string() }), { email: 'ada', x: 1 }, { email: 'ada', x: 1 }],
    ['one that transforms', z.object({ code: z.string().transform(Number) }), { code: '42' }, { code: 42 }],
    ['an asynchronous one', z.object({ code: z.string().refine(async () => true) }), { code: '42' }, { code: '42' }],
    ['one of another library', otherLibrary(), { email: 'ada' }, { email: 'ada' }],
  ])('%s', async (_, schema, sent, credentials) => {
    const input = { ...Object(sent), device: { name: 'Phone', model: null, app: '' } };
    expect(await parse(schema, input)).toEqual({ value: { credentials, device: { name: 'Phone' } } });
    expect(await parse(schema, sent)).toEqual({ value: { credentials, device: undefined } });
  });

  test('one that is no object', async () => {
    expect(await parse(z.email(), 'ada@example.com')).toEqual({
      value: { credentials: 'ada@example.com', device: undefined },
    });
  });
});

test('the form of the app is asked once', async () => {
  const check = vi.fn(async () => true);
  await parse(z.object({ code: z.string().refine(check) }), { code: '42', device: {} });
  expect(check).toHaveBeenCalledOnce();
});

test('a form that is refused keeps the error of its own library', async () => {
  const cause = await parse(z.object({ email: z.email() }), { email: 'ada' }).catch((error: TRPCError) => error);
  expect(cause).toMatchObject({ code: 'BAD_REQUEST', cause: expect.any(z.ZodError) });
  const other = await parse(otherLibrary(), {}).catch((error: TRPCError) => error);
  expect(other).toMatchObject({ code: 'BAD_REQUEST', message: 'email: missing' });
});

test('a device that is wrong is refused before the form is read', async () => {
  const check = vi.fn(() => true);
  const form = z.object({ code: z.string().refine(check) });
  await expect(parse(form, { code: '42', device: { name: 7 } })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    message: 'device.name: expected a text of up to 256 characters',
  });
  expect(check).not.toHaveBeenCalled();
});

/** A Standard Schema with the required properties alone. */
function otherLibrary(): StandardSchemaV1<{ email: string }> {
  return {
    '~standard': {
      version: 1,
      vendor: 'other',
      validate: (value) => {
        if (typeof value !== 'object' || value === null || !('email' in value)) {
          return { issues: [{ message: 'email: missing' }] };
        }
        return { value: { email: String(value.email) } };
      },
    },
  };
}

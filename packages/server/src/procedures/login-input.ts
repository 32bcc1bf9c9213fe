import type { DeviceInput } from '@trpc-sessions/core';
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import * as trpc from '@trpc/server';
import { TRPCError } from '@trpc/server';
import { z } from 'zod';
import { fromApp } from '../errors.ts';
import { badInput, captchaInput, deviceInput, markInput, passwordInput } from './inputs.ts';

/** The input of `login` in its parts. */
export interface LoginForm<TCredentials = unknown> {
  readonly credentials: TCredentials;
  readonly device: DeviceInput | undefined;
  /** The mark of a device that has signed in before. */
  readonly deviceMark: string | undefined;
  /** The solution of a captcha. */
  readonly captcha: string | undefined;
}

/** The schema of the input of `login`: the app's own credentials, or a username and a password, with our own fields beside them. */
export function loginInput<TSchema extends StandardSchemaV1>(
  credentials: TSchema | undefined,
): StandardSchemaV1<unknown, LoginForm<StandardSchemaV1.InferOutput<TSchema>>> {
  return credentials === undefined ? passwordForm : formOf(credentials);
}

const passwordForm = passwordInput.transform(({ device, deviceMark, captcha, ...credentials }): LoginForm => ({
  credentials,
  device: deviceOf(device),
  // Sent empty, it must not hide the one in the cookie.
  deviceMark: deviceMark || undefined,
  captcha: captcha ?? undefined,
}));

/** Takes our own fields out before the app's schema reads its own part: that may be strict, asynchronous, or no object at all. */
function formOf(schema: StandardSchemaV1): StandardSchemaV1<unknown, LoginForm> {
  const parse = parserOf(schema);
  return {
    '~standard': {
      version: 1,
      vendor: 'trpc-sessions',
      async validate(input) {
        if (!hasOwnFields(input)) {
          const none = { device: undefined, deviceMark: undefined, captcha: undefined };
          return { value: { credentials: await parse(input), ...none } };
        }
        const { device, deviceMark, captcha, ...credentials } = input;
        const parsed = ownFields.safeParse({ device, deviceMark, captcha });
        if (!parsed.success) throw badInput(parsed.error);
        return {
          value: {
            credentials: await parse(credentials),
            device: deviceOf(parsed.data.device),
            deviceMark: parsed.data.deviceMark || undefined,
            captcha: parsed.data.captcha ?? undefined,
          },
        };
      },
      ...jsonSchemaOf(schema),
    },
  };
}

const ownFields = z.object({ device: deviceInput, deviceMark: markInput, captcha: captchaInput });

/** Parses as tRPC does, so that a refused form has the error that it has in a procedure of the app's own. */
function parserOf(schema: StandardSchemaV1): (input: unknown) => Promise<unknown> {
  async function parse(input: unknown): Promise<unknown> {
    try {
      return hasParser(schema) ? await schema.parseAsync(input) : await validate(schema, input);
    } catch (cause) {
      if (hasIssues(cause)) throw new TRPCError({ code: 'BAD_REQUEST', cause });
      throw cause;
    }
  }

  return (input) => fromApp(() => parse(input));
}

/** Whether the schema has refused the form; otherwise the schema itself has failed. */
function hasIssues(error: unknown): boolean {
  return error instanceof Error && 'issues' in error && Array.isArray(error.issues);
}

async function validate(schema: StandardSchemaV1, input: unknown): Promise<unknown> {
  const result = await schema['~standard'].validate(input);
  if (result.issues !== undefined) throw new trpc.StandardSchemaV1Error(result.issues);
  return result.value;
}

function hasParser(schema: object): schema is { parseAsync(input: unknown): Promise<unknown> } {
  return 'parseAsync' in schema && typeof schema.parseAsync === 'function';
}

function hasOwnFields(
  input: unknown,
): input is { readonly device?: unknown; readonly deviceMark?: unknown; readonly captcha?: unknown } {
  if (typeof input !== 'object' || input === null) return false;
  return ['device', 'deviceMark', 'captcha'].some((name) => Object.hasOwn(input, name));
}

/** For tools that read the input of a procedure, if the app's schema has a JSON Schema. */
function jsonSchemaOf(schema: StandardSchemaV1): { jsonSchema?: StandardJSONSchemaV1.Converter } {
  const own = schema['~standard'];
  if (!('jsonSchema' in own)) return {};
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the specification gives the property this type
  const { jsonSchema } = own as StandardJSONSchemaV1.Props;
  const withOwnFields: StandardJSONSchemaV1.Converter['input'] = (options) => {
    const form = jsonSchema.input(options);
    const { properties } = z.toJSONSchema(ownFields, { io: 'input' });
    return { ...form, properties: { ...Object(form['properties']), ...properties } };
  };
  return { jsonSchema: { input: withOwnFields, output: withOwnFields } };
}

/** Drops the parts that a client sent empty. */
function deviceOf(device: z.output<typeof deviceInput>): DeviceInput | undefined {
  if (device === undefined || device === null) return undefined;
  const { name, model, app, appVersion } = device;
  return {
    name: name || undefined,
    model: model || undefined,
    app: app || undefined,
    appVersion: appVersion || undefined,
  };
}

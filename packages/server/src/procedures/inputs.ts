import { maxPasswordLength, type DeviceInput } from '@trpc-sessions/core';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { TRPCError } from '@trpc/server';

/** What `login` takes where the app has no form of its own. */
export interface PasswordCredentials {
  readonly username: string;
  readonly password: string;
}

const maxTextLength = 256;
const maxIds = 100;
const maxLimit = 100;
const defaultLimit = 20;

/** The schema of {@link PasswordCredentials}. */
export const passwordCredentials: StandardSchemaV1<PasswordCredentials> = {
  '~standard': {
    version: 1,
    vendor: 'trpc-sessions',
    validate(value) {
      if (!isRecord(value)) return { issues: [{ message: 'Expected { username, password }' }] };
      const { username, password } = value;
      if (!isText(username, maxTextLength)) return { issues: [textIssue('username', maxTextLength)] };
      if (!isText(password, maxPasswordLength)) return { issues: [textIssue('password', maxPasswordLength)] };
      return { value: { username, password } };
    },
  },
};

function textIssue(name: string, maxLength: number): StandardSchemaV1.Issue {
  return { message: `${name}: expected a text of 1 to ${maxLength} characters`, path: [name] };
}

/** Takes `device` out of the raw input of `login`, and leaves the credentials to their own schema. */
export function splitDevice(raw: unknown): { device: DeviceInput | undefined; credentials: unknown } {
  if (!isRecord(raw) || !('device' in raw)) return { device: undefined, credentials: raw };
  const { device, ...credentials } = raw;
  return { device: parseDevice(device), credentials };
}

function parseDevice(value: unknown): DeviceInput | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value)) throw badRequest('device: expected { name?, model?, app?, appVersion? }');
  return {
    name: parseDevicePart(value, 'name'),
    model: parseDevicePart(value, 'model'),
    app: parseDevicePart(value, 'app'),
    appVersion: parseDevicePart(value, 'appVersion'),
  };
}

function parseDevicePart(device: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = device[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (isText(value, maxTextLength)) return value;
  throw badRequest(`device.${name}: expected a text of up to ${maxTextLength} characters`);
}

/** Parses the input of `sessions.get`. */
export function parseId(value: unknown): { id: string } {
  // Any text: what is no id of ours is an unknown one.
  if (isRecord(value) && typeof value['id'] === 'string') return { id: value['id'] };
  throw badRequest('Expected { id }, the id of a session');
}

/** Parses the input of `sessions.revoke`. */
export function parseIds(value: unknown): { id: string } | { ids: readonly string[] } {
  if (!isRecord(value) || !('ids' in value)) return parseId(value);
  const { ids } = value;
  if ('id' in value) throw badRequest('Expected { id } or { ids }, not both');
  if (!Array.isArray(ids) || ids.length > maxIds || !ids.every((id) => typeof id === 'string')) {
    throw badRequest(`ids: expected a list of up to ${maxIds} ids of sessions`);
  }
  return { ids };
}

/** Parses the input of `sessions.page`. */
export function parsePage(value: unknown): { limit: number; cursor: string | null } {
  if (value !== undefined && !isRecord(value)) throw badRequest('Expected { limit?, cursor? }');
  const { limit = defaultLimit, cursor = null } = value ?? {};
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > maxLimit) {
    throw badRequest(`limit: expected a whole number from 1 to ${maxLimit}`);
  }
  if (cursor !== null && !isText(cursor, maxTextLength)) throw badRequest('cursor: expected the nextCursor of a page');
  return { limit, cursor };
}

function badRequest(message: string): TRPCError {
  return new TRPCError({ code: 'BAD_REQUEST', message });
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxLength;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof FormData);
}

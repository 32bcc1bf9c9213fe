import { readUserAgent, type CallerInfo } from './caller.ts';
import type { Device, DeviceInput, DevicePart, DeviceType } from './device/device.ts';
import { readDevice } from './device/read-device.ts';
import { createTextPool } from './text-pool.ts';
import { visibleText } from './visible-text.ts';

/** As in a device. */
const maxTextLength = 64;

/** A million sessions share a few hundred devices: each is parsed once, and shared frozen. */
const pool = createTextPool(2000, (text) => deviceOf(parseRecord(text)));

/**
 * Reads a device from the JSON of its column. It never throws: one malformed row must not fail the list of its user.
 *
 * @returns a frozen device, whose malformed fields are `null`
 */
export function readStoredDevice(text: string): Device {
  return pool(text);
}

/** The device of a row, and the user agent that it was read from. */
export interface DeviceColumns {
  readonly user_agent: string | null;
  readonly device: string;
}

/**
 * Reads the device of a caller who signs in. The client's own description is kept beside it in the column, under a key of
 * its own: it outlives an update of the browser.
 *
 * @param caller - not trusted: its texts are bounded
 */
export function deviceColumnsOf(
  { userAgent = null, clientHints = null }: Partial<CallerInfo>,
  input: DeviceInput | undefined,
): DeviceColumns {
  const described = cleanInput(input);
  const device = readDevice({ userAgent, clientHints }, described);
  // Null where the client described nothing: rows of former releases have no such key.
  return { user_agent: readUserAgent(userAgent), device: JSON.stringify({ ...device, described: described ?? null }) };
}

/** Reads the device again for a caller with another user agent; `undefined` if the user agent is unknown or the same. */
export function changedDevice(row: DeviceColumns, caller: Partial<CallerInfo> | undefined): DeviceColumns | undefined {
  if (typeof caller?.userAgent !== 'string' || readUserAgent(caller.userAgent) === row.user_agent) return undefined;
  return deviceColumnsOf(caller, describedIn(row));
}

/** The client's own description of the device of a row. */
function describedIn({ user_agent: userAgent, device }: DeviceColumns): DeviceInput | undefined {
  const { described, name } = parseRecord(device);
  if (described !== undefined) return recordOf(described);
  // A row of a former release: a name that its user agent does not give is the client's own.
  if (typeof name !== 'string' || name === readDevice({ userAgent, clientHints: null }).name) return undefined;
  return { name };
}

function cleanInput(input: DeviceInput | undefined): DeviceInput | undefined {
  const clean = (text: unknown): string | undefined => visibleText(textOf(text), maxTextLength) ?? undefined;
  const name = clean(input?.name);
  const model = clean(input?.model);
  const app = clean(input?.app);
  const appVersion = clean(input?.appVersion);
  return (name ?? model ?? app ?? appVersion) === undefined ? undefined : { name, model, app, appVersion };
}

type Fields = Readonly<Record<string, unknown>>;

function parseRecord(text: string): Fields {
  try {
    return recordOf(JSON.parse(text));
  } catch {
    return {};
  }
}

function recordOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function deviceOf({ type, name, vendor, model, os, browser, app }: Fields): Device {
  return Object.freeze({
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a newer release may have more types: this one passes them on
    type: textOf(type) as DeviceType | null,
    name: textOf(name),
    vendor: textOf(vendor),
    model: textOf(model),
    os: partOf(os),
    browser: partOf(browser),
    app: partOf(app),
  });
}

function partOf(value: unknown): DevicePart {
  const { name, version } = recordOf(value);
  return Object.freeze({ name: textOf(name), version: textOf(version) });
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

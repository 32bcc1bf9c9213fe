import { LRUCache } from 'lru-cache';
import type { Device, DevicePart, DeviceType } from './device/device.ts';

/** A million sessions share a few hundred devices: each is parsed once, and shared frozen. */
const devices = new LRUCache<string, Device>({ max: 1000 });

/**
 * Reads a device from the JSON of its column. It never throws: one malformed row must not fail the list of its user.
 *
 * @returns a frozen device, whose malformed fields are `null`
 */
export function readStoredDevice(text: string): Device {
  let device = devices.get(text);
  if (device === undefined) {
    device = deviceOf(parseRecord(text));
    devices.set(text, device);
  }
  return device;
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

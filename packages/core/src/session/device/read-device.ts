import { LRUCache } from 'lru-cache';
import type { CallerInfo, ClientHints } from '../caller.ts';
import type { Device, DeviceInput, KnownDevice } from './device.ts';
import { nameOfDevice } from './name.ts';
import { typeOfModel } from './hardware.ts';
import { unquote } from './texts.ts';
import { parseUserAgent } from './user-agent.ts';
import { visibleText } from '../visible-text.ts';

const maxUserAgentLength = 512;
const maxBrandsLength = 256;
const maxTextLength = 64;

/** A million sign-ins come from a few hundred kinds of device: each is parsed once, and shared frozen. */
const devices = new LRUCache<string, Device>({ max: 500 });

/**
 * Reads the device from the headers that the caller sent and from the client's own description. It never throws.
 *
 * @param caller - not trusted: control characters are stripped, and only the first 512 characters of the user agent read
 * @param input - overrides the headers; `name` is used as it is
 * @returns a frozen device, each of its texts at most 64 characters long
 *
 * @example
 * ```ts
 * import { readDevice } from '@trpc-sessions/core';
 *
 * const caller = { userAgent: 'Notes/42 CFNetwork/1485 Darwin/23.1.0', clientHints: null };
 * readDevice(caller).name; // 'Notes on iOS'
 * readDevice(caller, { appVersion: '10.1', model: 'iPhone 15' }).name; // 'Notes 10.1 on iPhone 15'
 * ```
 */
export function readDevice(caller: Pick<CallerInfo, 'userAgent' | 'clientHints'>, input: DeviceInput = {}): Device {
  const device = deviceOf(caller);
  const name = clean(input.name);
  const model = clean(input.model);
  const app = clean(input.app);
  const appVersion = clean(input.appVersion);
  if (name === null && model === null && app === null && appVersion === null) return device;

  const known = app === null || app === device.app.name ? device.app : { name: null, version: null };
  const described = {
    ...device,
    type: (model === null ? null : typeOfModel(model)) ?? device.type,
    model: model ?? device.model,
    app: Object.freeze({ name: app ?? known.name, version: appVersion ?? known.version }),
  };
  return named(described, name ?? nameOfDevice(described, appVersion));
}

function deviceOf({ userAgent, clientHints }: Pick<CallerInfo, 'userAgent' | 'clientHints'>): Device {
  // Some clients send the name of the header with it.
  const ua = visibleText(userAgent, maxUserAgentLength)?.replace(/^user-agent: ?/i, '') ?? '';
  const hints: ClientHints = {
    brands: visibleText(clientHints?.brands, maxBrandsLength),
    mobile: clean(clientHints?.mobile),
    platform: unquote(clientHints?.platform),
    platformVersion: unquote(clientHints?.platformVersion),
    model: unquote(clientHints?.model),
  };
  const key = JSON.stringify([ua, hints]);
  let device = devices.get(key);
  if (device === undefined) {
    const known = parseUserAgent(ua, hints);
    device = named(known, nameOfDevice(known));
    devices.set(key, device);
  }
  return device;
}

/** In the order in which a person reads them. */
function named({ type, vendor, model, os, browser, app }: KnownDevice, name: string | null): Device {
  return Object.freeze({ type, name: clean(name), vendor, model, os, browser, app });
}

function clean(value: string | null | undefined): string | null {
  return visibleText(value, maxTextLength);
}

import type { KnownDevice } from './device.ts';

/**
 * Names a device as a person would: "Chrome on Windows 11".
 *
 * @param appVersion - shown only where the client itself named it
 */
export function nameOfDevice(device: KnownDevice, appVersion: string | null = null): string | null {
  const { app } = device;
  const software = join(' ', app.name ?? browserName(device), app.name === null ? null : appVersion);
  const place = placeOf(device);
  // "Roku on Roku" names one thing twice.
  if (software !== null && (place === software || place?.startsWith(`${software} `))) return place;
  return join(' on ', software, place);
}

/** A web view is a part of an app, and no browser that a person knows. */
function browserName({ browser }: KnownDevice): string | null {
  return browser.name === 'Chrome WebView' || browser.name === 'Edge WebView' ? null : browser.name;
}

function placeOf({ type, vendor, model, os }: KnownDevice): string | null {
  if (model === null && type === 'tv') return vendor === 'Roku' ? vendor : join(' ', vendor, 'TV');
  if (model === null) return join(' ', os.name, os.name === 'Windows' ? os.version : null);
  // "iPhone15,2" is an iPhone, "SM-S918B" means little without its maker.
  if (/^i[A-Z]\D+\d+,\d+$/.test(model)) return model.replace(/[\d,]+$/, '');
  return /[a-z]/.test(model) ? model : join(' ', vendor, model);
}

function join(separator: string, ...texts: (string | null)[]): string | null {
  return texts.filter((text) => text !== null).join(separator) || null;
}

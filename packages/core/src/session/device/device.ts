/** The device of a session: each field is `null` if it is unknown. Nothing in it has been verified. */
export interface Device {
  readonly type: DeviceType | null;
  /** As a person would name it: "Chrome on Windows 11", "Safari on iPhone". */
  readonly name: string | null;
  readonly vendor: string | null;
  readonly model: string | null;
  /** The version is `null` if browsers have frozen it: "Windows NT 10.0" may be Windows 10 or 11. */
  readonly os: DevicePart;
  readonly browser: DevicePart;
  /** The app, tool, library or bot; `null` for a plain browser. */
  readonly app: DevicePart;
}

/** The kinds of device. */
export type DeviceType =
  | 'desktop'
  | 'mobile'
  | 'tablet'
  | 'tv'
  | 'console'
  | 'wearable'
  | 'xr'
  | 'embedded'
  | 'bot'
  | 'cli'
  | 'library';

/** A piece of software and its version. */
export interface DevicePart {
  readonly name: string | null;
  readonly version: string | null;
}

/** A client's own description of its device, given at sign-in. */
export interface DeviceInput {
  readonly name?: string | undefined;
  readonly model?: string | undefined;
  readonly app?: string | undefined;
  readonly appVersion?: string | undefined;
}

/** A device without its name. */
export type KnownDevice = Omit<Device, 'name'>;

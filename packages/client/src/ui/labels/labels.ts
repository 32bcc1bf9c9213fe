/** All texts of the screen. Pass another set as `labels`, or change some: `{ ...labelsEn, title: 'Your devices' }`. */
export interface SessionsLabels {
  /** The language of the texts, as in the attribute `lang`. */
  readonly language: string;
  readonly direction: 'ltr' | 'rtl';

  readonly title: string;
  readonly description: string;
  readonly thisDevice: string;
  readonly otherDevices: string;
  /** For a session without a name and with an unknown device. */
  readonly unknownDevice: string;
  readonly activeNow: string;
  /** The badge of a session that signed in since this device last looked. */
  readonly isNew: string;
  readonly noOthers: string;
  readonly noOthersHint: string;
  /** The session of this device has ended. */
  readonly signedOut: string;

  readonly loading: string;
  /** Read by screen readers when an action begins. */
  readonly pending: string;
  readonly slow: string;
  readonly offline: string;
  readonly failed: string;
  /** The list is there, but could not be loaded again. */
  readonly outdated: string;
  readonly actionFailed: string;
  readonly signInAgain: string;
  readonly retry: string;

  readonly signOut: string;
  /** Read by screen readers for {@link signOut}, whose words it begins with. */
  readonly signOutOf: (device: string) => string;
  readonly signOutOthers: string;
  readonly signOutThis: string;
  readonly notMe: string;
  readonly select: string;
  readonly selectAll: string;
  readonly signOutSelected: (count: number) => string;
  readonly cancel: string;
  readonly close: string;

  readonly askOne: (device: string) => string;
  readonly askOneHint: string;
  readonly askMany: (count: number) => string;
  readonly askManyHint: string;
  readonly askOthers: string;
  readonly askOthersHint: (count: number) => string;
  readonly askThis: string;
  readonly askThisHint: string;
  readonly askNotMe: (device: string) => string;
  readonly askNotMeHint: string;

  readonly signedOutOf: (device: string) => string;
  readonly signedOutMany: (count: number) => string;

  readonly name: string;
  readonly save: string;
  readonly saved: string;
  readonly signedInAt: string;
  readonly lastSeenAt: string;
  readonly expiresAt: string;
  readonly place: string;
  /** For the place `This network`, which the server's locators give to addresses of no public network. */
  readonly thisNetwork: string;
  readonly address: string;
  readonly firstAddress: string;
  readonly device: string;
  readonly app: string;
  readonly browser: string;
  readonly system: string;
  readonly userAgent: string;
}

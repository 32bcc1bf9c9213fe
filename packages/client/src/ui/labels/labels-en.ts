import type { SessionsLabels } from './labels.ts';

/** The texts in English. */
export const labelsEn: SessionsLabels = {
  language: 'en',
  direction: 'ltr',

  title: 'Active sessions',
  description: 'Devices that are signed in to your account. Sign out any that you do not recognise.',
  thisDevice: 'This device',
  otherDevices: 'Other devices',
  unknownDevice: 'Unknown device',
  activeNow: 'Active now',
  isNew: 'New',
  noOthers: 'No other devices',
  noOthersHint: 'You are signed in on this device only.',
  signedOut: 'You are signed out.',

  loading: 'Loading your sessions…',
  pending: 'One moment…',
  slow: 'This takes longer than usual. Please wait.',
  offline: 'You are offline. The list may be out of date.',
  failed: 'Your sessions could not be loaded.',
  outdated: 'The list may be out of date.',
  actionFailed: 'That did not work. Please try again.',
  signInAgain: 'Please sign in again to do this.',
  retry: 'Try again',

  signOut: 'Sign out',
  signOutOf: (device) => `Sign out ${device}`,
  signOutOthers: 'Sign out all other devices',
  signOutThis: 'Sign out this device',
  notMe: 'This wasn’t me',
  select: 'Select',
  selectAll: 'Select all',
  signOutSelected: (count) => `Sign out (${count})`,
  cancel: 'Cancel',
  close: 'Close',

  askOne: (device) => `Sign out ${device}?`,
  askOneHint: 'It needs to sign in again before it can use your account.',
  askMany: (count) => `Sign out ${devices(count)}?`,
  askManyHint: 'They need to sign in again before they can use your account.',
  askOthers: 'Sign out all other devices?',
  askOthersHint: (count) => `This ends ${sessions(count)}. You stay signed in on this device.`,
  askThis: 'Sign out this device?',
  askThisHint: 'You need to sign in again to see this page.',
  askNotMe: (device) => `You did not sign in on ${device}?`,
  askNotMeHint: 'We sign it out now. Then change your password, because someone else may know it.',

  signedOutOf: (device) => `Signed out ${device}.`,
  signedOutMany: (count) => `Signed out ${devices(count)}.`,

  name: 'Name',
  save: 'Save',
  saved: 'Saved.',
  signedInAt: 'Signed in',
  lastSeenAt: 'Last seen',
  expiresAt: 'Expires',
  place: 'Place',
  thisNetwork: 'This network',
  address: 'IP address',
  firstAddress: 'Signed in from',
  device: 'Device',
  app: 'App',
  browser: 'Browser',
  system: 'System',
  userAgent: 'User agent',
};

function devices(count: number): string {
  return count === 1 ? '1 device' : `${count} devices`;
}

function sessions(count: number): string {
  return count === 1 ? '1 other session' : `${count} other sessions`;
}

import type { SessionInfo } from '../../react/index.ts';
import type { SessionsLabels } from '../labels/labels.ts';
import { placeOf, softwareText } from './describe-session.ts';
import { isTime } from './times.ts';

/** A line of the details. */
export interface SessionFact {
  readonly name: keyof SessionsLabels;
  readonly label: string;
  readonly value: string | Date;
}

/** Everything that is known about a session. */
export function factsOf(session: SessionInfo, labels: SessionsLabels): readonly SessionFact[] {
  const { device, ip, createdIp } = session;
  const facts = {
    signedInAt: session.createdAt,
    lastSeenAt: session.lastSeenAt,
    expiresAt: session.expiresAt,
    place: placeOf(session, labels),
    address: ip,
    firstAddress: createdIp,
    // Without a name, it is the title.
    device: session.name === null ? null : device.name,
    app: softwareText(device.app),
    browser: softwareText(device.browser),
    system: softwareText(device.os),
    userAgent: session.userAgent,
  };
  return fieldNames.flatMap((name) => {
    const value = facts[name];
    const isKnown = value instanceof Date ? isTime(value) : value !== null;
    return value === null || !isKnown ? [] : [{ name, label: labels[name], value }];
  });
}

const fieldNames = [
  'signedInAt',
  'lastSeenAt',
  'expiresAt',
  'place',
  'address',
  'firstAddress',
  'device',
  'app',
  'browser',
  'system',
  'userAgent',
] as const;

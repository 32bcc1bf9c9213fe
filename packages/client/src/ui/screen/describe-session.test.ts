import { readDevice } from '@trpc-sessions/core';
import type { SessionInfo } from '@trpc-sessions/server';
import { expect, test } from 'vitest';
import { labelsAr } from '../labels/labels-ar.ts';
import { labelsEn } from '../labels/labels-en.ts';
import { deviceTextsOf, placeOf, titleOf } from './describe-session.ts';

const at = new Date(0);
const times = { createdAt: at, lastSeenAt: at, expiresAt: at };
const rest = { id: 'a', current: false, ip: null, createdIp: null, location: null, ...times };

function described(userAgent: string, name: string | null = null): readonly string[] {
  const device = readDevice({ userAgent, clientHints: null });
  const session: SessionInfo = { ...rest, device, name, userAgent };
  return [titleOf(session, labelsEn), ...deviceTextsOf(session, labelsEn)];
}

const chromeOnMac =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';
const safariOnIphone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';

test.each([
  [['Chrome on macOS'], chromeOnMac, null],
  [['Desk', 'Chrome on macOS'], chromeOnMac, 'Desk'],
  [['My Chrome', 'macOS'], chromeOnMac, 'My Chrome'],
  [['Safari on iPhone'], safariOnIphone, null],
  [['curl'], 'curl/8.10.1', null],
  [['Unknown device'], '', null],
])('a session is described as %j, without a word twice', (texts, userAgent, name) => {
  expect(described(userAgent, name)).toEqual(texts);
});

test.each([
  ['This network', 'هذه الشبكة'],
  ['Lisbon, Portugal', 'Lisbon, Portugal'],
  [null, null],
])('the place %j is %j in Arabic', (location, place) => {
  const device = readDevice({ userAgent: null, clientHints: null });
  expect(placeOf({ ...rest, device, name: null, userAgent: null, location }, labelsAr)).toBe(place);
});

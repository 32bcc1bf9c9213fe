import type { SessionInfo } from '../../react/index.ts';
import type { SessionsLabels } from '../labels/labels.ts';

/** The name of a session: its user's own, or that of its device. */
export function titleOf({ name, device }: SessionInfo, labels: SessionsLabels): string {
  return name ?? device.name ?? labels.unknownDevice;
}

/** The place of a session. The server's locators write `This network` for an address of no public network. */
export function placeOf({ location }: SessionInfo, labels: SessionsLabels): string | null {
  return location === 'This network' ? labels.thisNetwork : location;
}

/** The device of a session, without words of its title: "Chrome on macOS" needs neither "Chrome" nor "macOS". */
export function deviceTextsOf(session: SessionInfo, labels: SessionsLabels): readonly string[] {
  const { name, app, browser, model, os } = session.device;
  // "iPhone" and "Pixel 9" say their system.
  const system = model === null ? os.name : null;
  const said = new Set(wordsOf(titleOf(session, labels)));
  const texts: string[] = [];
  for (const text of [name, app.name ?? browser.name, system]) {
    const words = wordsOf(text ?? '');
    if (text === null || words.some((word) => said.has(word))) continue;
    for (const word of words) said.add(word);
    texts.push(text);
  }
  return texts;
}

function wordsOf(text: string): readonly string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.filter((word) => word !== 'on');
}

/** "Chrome 141": browsers have frozen the rest of their versions at zero. */
export function softwareText({ name, version }: SessionInfo['device']['os']): string | null {
  if (name === null) return null;
  return version === null ? name : `${name} ${version.replace(/(\.0){3}$/, '')}`;
}

import { chromium, type Browser } from 'playwright-core';
import { inject } from 'vitest';

/** Connects to the Chromium of this run. Closing the connection closes the contexts that were opened through it, and no others. */
export async function connectBrowser(): Promise<Browser> {
  const response = await fetch(inject('browserUrl'));
  const address = await response.text();
  if (!response.ok) throw new Error(address);
  return chromium.connect(address);
}

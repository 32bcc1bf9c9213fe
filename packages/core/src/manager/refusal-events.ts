import type { Events, SessionEvents } from './events.ts';
import type { Settings } from './options.ts';
import type { VerifyParts } from './verify.ts';

/** Emits the event `rejected` for each request that is refused. */
export function emitRefusals(
  events: Pick<Events<SessionEvents>, 'emit'>,
  { readIp }: Pick<Settings, 'readIp'>,
): VerifyParts['onRefused'] {
  return ({ reason }, caller) => {
    const { userAgent = null, clientHints = null } = caller ?? {};
    const ip = readIp(caller?.ip);
    events.emit('rejected', { reason, caller: caller === undefined ? null : { ip, userAgent, clientHints } });
  };
}

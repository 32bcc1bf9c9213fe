const defaultChannel = 'trpc-sessions';

/** @throws {TypeError} it is not a text, or empty */
export function readChannel(channel: unknown = defaultChannel): string {
  if (typeof channel === 'string' && channel !== '') return channel;
  throw new TypeError('channel: expected a text that is not empty');
}

/** Publishes only while connected: both clients would queue commands without bound until they are connected again. */
export async function publishIf(
  isConnected: boolean,
  client: { publish(channel: string, message: string): Promise<unknown> },
  channel: string,
  message: string,
): Promise<void> {
  requireConnected(isConnected);
  await client.publish(channel, message);
}

/** @throws {Error} the client is not connected */
export function requireConnected(isConnected: boolean): void {
  if (!isConnected) throw new Error('bus: the Redis client is not connected');
}

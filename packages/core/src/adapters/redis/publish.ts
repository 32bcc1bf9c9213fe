/** Publishes only while connected: both clients would queue commands without bound until they are connected again. */
export async function publishIf(
  isConnected: boolean,
  client: { publish(channel: string, message: string): Promise<unknown> },
  channel: string,
  message: string,
): Promise<void> {
  if (!isConnected) throw new Error('bus: the Redis client is not connected');
  await client.publish(channel, message);
}

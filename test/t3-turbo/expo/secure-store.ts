// The part of `expo-secure-store` that the app uses. The test has put the key chain of the phone among its globals.
declare const keychain: Map<string, string>;

/** On a phone, it takes a moment. */
const moment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

export async function getItemAsync(key: string): Promise<string | null> {
  await moment();
  return keychain.get(checked(key)) ?? null;
}

export async function setItemAsync(key: string, value: string): Promise<void> {
  await moment();
  keychain.set(checked(key), value);
}

export async function deleteItemAsync(key: string): Promise<void> {
  await moment();
  keychain.delete(checked(key));
}

function checked(key: string): string {
  if (!/^[\w.-]+$/.test(key)) throw new Error(`Invalid key provided to SecureStore: ${key}`);
  return key;
}

import Constants from 'expo-constants';

/** The machine that serves the app while it is developed. */
export function getBaseUrl(): string {
  const host = Constants.expoConfig?.hostUri;
  if (host === undefined) throw new Error('There is no development server: return the address of the API.');
  return `http://${host}`;
}

// The part of `expo-constants` that the app uses.
declare const hostUri: string;

const Constants: { readonly expoConfig: { readonly hostUri?: string } | null } = { expoConfig: { hostUri } };

// oxlint-disable-next-line import/no-default-export -- as expo-constants has it
export default Constants;

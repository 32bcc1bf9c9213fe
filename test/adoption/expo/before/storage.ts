// Stands for AsyncStorage of React Native, which keeps the settings of the app.
const items = new Map<string, string>();

export const storage = {
  getItem: (key: string) => Promise.resolve(items.get(key) ?? null),
  setItem: (key: string, value: string) => Promise.resolve(void items.set(key, value)),
  removeItem: (key: string) => Promise.resolve(void items.delete(key)),
};

import { asyncTokenStore } from '@trpc-sessions/client';
import * as SecureStore from 'expo-secure-store';

export const tokens = asyncTokenStore({
  getItem: SecureStore.getItemAsync,
  setItem: SecureStore.setItemAsync,
  removeItem: SecureStore.deleteItemAsync,
});

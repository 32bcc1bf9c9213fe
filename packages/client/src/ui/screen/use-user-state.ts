import { useState } from 'react';

/** State that ends with its user: the next user of the page never sees it. */
export function useUserState<T>(userId: string | null, initial: T): [value: T, set: (value: T) => void] {
  const [held, hold] = useState({ userId, value: initial });
  return [held.userId === userId ? held.value : initial, (value) => hold({ userId, value })];
}

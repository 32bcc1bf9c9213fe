import { watchSessions } from '@trpc-sessions/client';

/** The sessions of the user, which follow each change on the server. */
export function useSessions() {
  const { $trpc, $tokens } = useNuxtApp();
  const { data, refresh } = useAsyncData('sessions', () => $trpc.auth.sessions.list.query());
  const sessions = computed(() => data.value ?? []);

  let stop = (): void => {};
  onMounted(() => {
    stop = watchSessions($trpc.auth, $tokens, ({ type }) => void (type === 'ended' || refresh()));
  });
  onUnmounted(() => stop());

  async function revokeOthers(): Promise<void> {
    await $trpc.auth.sessions.revokeOthers.mutate();
    await refresh();
  }

  return { sessions, revokeOthers };
}

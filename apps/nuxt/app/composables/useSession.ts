/** The session of this device: the same on the server, while the page hydrates and afterwards. */
export function useSession() {
  const { $trpc, $session, $refreshSession } = useNuxtApp();

  async function login(credentials: { username: string; password: string }): Promise<void> {
    await $trpc.auth.login.mutate(credentials);
    await $refreshSession();
  }

  async function logout(): Promise<void> {
    await $trpc.auth.logout.mutate();
  }

  return {
    session: readonly($session),
    status: computed(() => ($session.value === null ? 'signedOut' : 'signedIn')),
    login,
    logout,
  };
}

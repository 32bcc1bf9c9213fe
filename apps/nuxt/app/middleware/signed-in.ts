/** Sends visitors to the sign-in page, on the server and in the browser. */
export default defineNuxtRouteMiddleware(() => {
  if (useSession().session.value === null) return navigateTo('/login');
});

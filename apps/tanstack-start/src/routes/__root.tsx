import { createRootRoute, HeadContent, Outlet, Scripts } from '@tanstack/react-router';
import { getSession } from '../server/functions';
import { Providers } from '../trpc';

export const Route = createRootRoute({
  // Before each navigation, on the server and in the browser.
  beforeLoad: async () => ({ session: await getSession() }),
  component: Root,
});

function Root() {
  const { session } = Route.useRouteContext();
  return (
    <html lang="en">
      <head>
        <HeadContent />
      </head>
      <body>
        <Providers initialSession={session}>
          <Outlet />
        </Providers>
        <Scripts />
      </body>
    </html>
  );
}

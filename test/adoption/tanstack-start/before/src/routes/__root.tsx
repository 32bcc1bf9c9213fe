import { createRootRoute, HeadContent, Outlet, Scripts } from '@tanstack/react-router';
import { Providers } from '../trpc';

export const Route = createRootRoute({ component: Root });

function Root() {
  return (
    <html lang="en">
      <head>
        <HeadContent />
      </head>
      <body>
        <Providers>
          <Outlet />
        </Providers>
        <Scripts />
      </body>
    </html>
  );
}

import type { ReactNode } from 'react';
import { getSession } from '../server/context';
import { Providers } from './providers';

export default async function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <Providers initialSession={await getSession()}>{children}</Providers>
      </body>
    </html>
  );
}

import { SessionProvider } from '@trpc-sessions/client/react';
import type { AppType } from 'next/app';
import { tokens, trpc } from '../utils/trpc';

const App: AppType = ({ Component, pageProps }) => {
  return (
    <div className="app">
      <SessionProvider client={trpc.useUtils().client.auth} tokens={tokens}>
        <Component {...pageProps} />
      </SessionProvider>
    </div>
  );
};

export default trpc.withTRPC(App);

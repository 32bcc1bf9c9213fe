import type { AppType } from 'next/app';
import { trpc } from '../utils/trpc';

const App: AppType = ({ Component, pageProps }) => {
  return (
    <div className="app">
      <Component {...pageProps} />
    </div>
  );
};

export default trpc.withTRPC(App);

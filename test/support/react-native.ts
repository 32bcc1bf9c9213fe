import { createContext, Script } from 'node:vm';
import { build } from 'esbuild';

/** The globals of React Native 0.81, beside those of the language: no `Event`, no `EventTarget`, no `crypto`, no streams. */
const globals = {
  AbortController,
  AbortSignal,
  Headers,
  Request,
  Response,
  URL,
  URLSearchParams,
  console,
  fetch: globalThis.fetch,
  clearTimeout,
  queueMicrotask,
  setTimeout,
  navigator: { product: 'ReactNative' },
};

/** Bundles an app as Metro does: to one script of CommonJS, with the conditions `require` and `react-native`. */
export async function bundlePhoneApp(entry: URL, alias: Readonly<Record<string, string>> = {}): Promise<Script> {
  const { outputFiles } = await build({
    entryPoints: [entry.pathname],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'neutral',
    mainFields: ['react-native', 'browser', 'main'],
    conditions: ['react-native', 'require'],
    define: { 'process.env.NODE_ENV': '"production"' },
    alias: { ...alias },
    // Hermes has these features in part only.
    target: 'es2020',
  });
  return new Script(outputFiles[0]?.text ?? '');
}

type Fetch = typeof globalThis.fetch;

/** Starts the app, as the user taps its icon, and calls the function `start` that it has put among its globals. */
export async function startPhoneApp(
  app: Script,
  device: Readonly<Record<string, unknown>> & { readonly fetch?: Fetch },
  ...parameters: readonly unknown[]
): Promise<unknown> {
  const context = createContext({ ...globals, ...device });
  const { fetch: send = globals.fetch } = device;
  const parse = new Script('JSON.parse').runInContext(context);
  // As on a phone, where all objects have the prototypes of the app.
  async function fetch(...request: Parameters<Fetch>): Promise<Response> {
    const response = await send(...request);
    return Object.assign(response, { json: async () => parse(await response.text()) });
  }
  Object.assign(context, { window: context, global: context, fetch });
  app.runInContext(context);
  const start = Reflect.get(context, 'start');
  const result: unknown = await start(...parameters);
  // Its objects have the prototypes of their own context.
  return JSON.parse(JSON.stringify(result));
}

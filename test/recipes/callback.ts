import { sessionsContext } from '@trpc-sessions/server';
import type { RequestHandler } from 'express';
import type { RouteHandlerMethod } from 'fastify';
import type { Callback, OAuth } from './oauth.ts';

function readCallback(url: string, cookies: string | null | undefined): Callback {
  const { searchParams } = new URL(url, 'http://app');
  const ownState = /(?:^|; )oauth_state=([^;]+)/.exec(cookies ?? '')?.[1];
  return { code: searchParams.get('code') ?? '', state: searchParams.get('state') ?? '', ownState };
}

export const expressCallback =
  (oauth: OAuth): RequestHandler =>
  async (req, res) => {
    await oauth.finish(sessionsContext({ req, res }, { cookie: true }), readCallback(req.url, req.headers.cookie));
    res.redirect('/');
  };

export const fastifyCallback =
  (oauth: OAuth): RouteHandlerMethod =>
  async (req, res) => {
    await oauth.finish(sessionsContext({ req, res }, { cookie: true }), readCallback(req.url, req.headers.cookie));
    return res.redirect('/');
  };

/** In Next.js: `export const GET = nextCallback(oauth)`. */
export const nextCallback =
  (oauth: OAuth) =>
  async (req: Request): Promise<Response> => {
    const headers = new Headers({ location: '/' });
    const ctx = sessionsContext({ req, resHeaders: headers }, { cookie: true });
    await oauth.finish(ctx, readCallback(req.url, req.headers.get('cookie')));
    return new Response(null, { status: 302, headers });
  };

/*
 * Declares the names that the examples of the documentation use without declaring them: parts of the app, and obvious
 * imports. examples.test.ts compiles the examples with this file.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { CallerInfo, Keys, Session, SessionManager, SessionsDatabase } from '@trpc-sessions/core';
import type * as core from '@trpc-sessions/core';
import type * as corePostgres from '@trpc-sessions/core/postgres';
import type { TokenStore } from '@trpc-sessions/client';
import type * as server from '@trpc-sessions/server';
import type { PasswordCredentials, SessionsRouter } from '@trpc-sessions/server';
import type { QueryClient, QueryClientProvider as Provider } from '@tanstack/react-query';
import type * as client from '@trpc/client';
import type { initTRPC as init, TRPCBuiltRouter, TRPCDefaultErrorShape } from '@trpc/server';
import type * as standalone from '@trpc/server/adapters/standalone';
import type SqliteDatabase from 'better-sqlite3';
import type * as conninfo from '@hono/node-server/conninfo';
import type { Context } from 'hono';
import type { Redis } from 'ioredis';
import type jsonwebtoken from 'jsonwebtoken';
import type { Kysely as KyselyInstance, Transaction } from 'kysely';
import type * as kysely from 'kysely';
import type { Migration } from 'kysely/migration';
import type mysql2 from 'mysql2';
import type postgres from 'pg';
import type { ReactNode } from 'react';
import type serializer from 'superjson';
import type zod from 'zod';

/** An app may have a transformer or none: an example is right for one of them. */
// oxlint-disable-next-line typescript/no-explicit-any -- so that both are
type Root = { ctx: server.SessionsContext; meta: object; errorShape: TRPCDefaultErrorShape; transformer: any };
type Credentials = PasswordCredentials | { legacyToken: string };

declare global {
  // The database
  interface MyDatabase extends SessionsDatabase {
    users: { id: string; name: string; passwordHash: string };
    token_manager_lookup_id: { id: number; user_id: number };
    auth_user: { id: number; username: string; email: string; is_active: boolean };
  }
  const db: KyselyInstance<MyDatabase>;
  const pool: postgres.Pool;
  const redis: Redis;
  const Database: typeof SqliteDatabase;
  const pg: typeof postgres;
  const createPool: typeof mysql2.createPool;
  const Kysely: typeof kysely.Kysely;
  const SqliteDialect: typeof kysely.SqliteDialect;
  const PostgresDialect: typeof kysely.PostgresDialect;
  const MysqlDialect: typeof kysely.MysqlDialect;
  const ownMigrations: Record<string, Migration>;
  const postgresBus: typeof corePostgres.postgresBus;

  // The app
  const keys: Keys;
  const createSessionManager: typeof core.createSessionManager;
  const manager: SessionManager<MyDatabase>;
  const sessions: server.SessionsPlugin<StandardSchemaV1<PasswordCredentials>, unknown>;
  const session: Session;
  const caller: CallerInfo;
  const username: string;
  const email: string;
  const password: string;
  const user: { id: string };
  const userId: string;
  const currentId: string;
  const token: string;
  const jar: { set: (name: string, value: string, attributes: object) => void };
  const hash: string;
  const passwordHash: string;
  const since: string;
  const form: { name: string };
  const legacyToken: string;
  const djangoSecretKey: string;
  const insertUser: (trx: Transaction<MyDatabase>, values: typeof form) => Promise<{ id: string }>;
  const closeAccount: (trx: Transaction<MyDatabase>, userId: string) => Promise<void>;
  const userOfProvider: (code: string) => Promise<{ id: string; name: string }>;
  const code: string;
  const updatePassword: (trx: Transaction<MyDatabase>, userId: string, hash: string) => Promise<void>;
  const findUser: (
    username: string,
    password?: string,
  ) => Promise<{ id: string; passwordHash: string; isStaff: boolean } | null>;
  const start: (ctx: server.SessionsContext, headers: Headers) => Promise<server.SignInResult>;
  const findAccount: (id: string) => Promise<{ name: string } | null>;
  const findMember: typeof findUser;
  const fromPassword: (credentials: PasswordCredentials) => null;
  const jwt: typeof jsonwebtoken;
  const z: typeof zod;

  // The server
  type SessionsContext = server.SessionsContext;
  type AppRouter = TRPCBuiltRouter<Root, { auth: SessionsRouter<Credentials>['_def']['record'] }>;
  const appRouter: AppRouter;
  const initTRPC: typeof init;
  const createHTTPServer: typeof standalone.createHTTPServer;
  const createSessionsPlugin: typeof server.createSessionsPlugin;
  const sessionsContext: typeof server.sessionsContext;
  const opts: standalone.CreateHTTPContextOptions;
  const req: IncomingMessage;
  const res: ServerResponse;
  const c: Context;
  const getConnInfo: typeof conninfo.getConnInfo;

  // The client
  const tokens: TokenStore;
  const trpc: client.TRPCClient<AppRouter>;
  const createTRPCClient: typeof client.createTRPCClient;
  const createWSClient: typeof client.createWSClient;
  const httpLink: typeof client.httpLink;
  const httpBatchLink: typeof client.httpBatchLink;
  const httpBatchStreamLink: typeof client.httpBatchStreamLink;
  const splitLink: typeof client.splitLink;
  const wsLink: typeof client.wsLink;
  const superjson: typeof serializer;
  const SecureStore: {
    getItemAsync: (key: string) => Promise<string | null>;
    setItemAsync: (key: string, value: string) => Promise<void>;
    deleteItemAsync: (key: string) => Promise<void>;
  };
  const show: (text: string) => void;
  const sendMail: (userId: string, text: string) => Promise<void>;

  // React
  const queryClient: QueryClient;
  const QueryClientProvider: typeof Provider;
  const App: () => ReactNode;
  const LoginForm: (props: { onSubmit: (credentials: PasswordCredentials) => Promise<unknown> }) => ReactNode;
}

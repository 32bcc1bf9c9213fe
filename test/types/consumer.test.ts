import type { DeviceInput, SessionErrorShape, SessionInfo } from '@trpc-sessions/server';
import type { inferProcedureErrorShape } from '@trpc/server';
import { expectTypeOf, test } from 'vitest';
import type { Listed, LoginInput, MergedRouter, NestedRouter } from './consumer.ts';

test('login takes the app’s own form and the device', () => {
  expectTypeOf<LoginInput>().toEqualTypeOf<
    { email: string; password: string } & {
      device?: DeviceInput | undefined;
      deviceMark?: string | undefined;
      captcha?: string | undefined;
    }
  >();
});

test('the output is a SessionInfo, with Dates through a transformer', () => {
  expectTypeOf<Listed[number]['id']>().toBeString();
  expectTypeOf<SessionInfo['createdAt']>().toEqualTypeOf<Date>();
});

test('the reason of a refusal is typed on the client, nested and merged and on the app’s own procedures', () => {
  type Nested = NestedRouter['_def']['record'];
  type Merged = MergedRouter['_def']['record'];
  type Root = NestedRouter['_def']['_config']['$types'];
  expectTypeOf<SessionErrorShape>().toExtend<inferProcedureErrorShape<Root, Nested['auth']['sessions']['list']>>();
  expectTypeOf<SessionErrorShape>().toExtend<inferProcedureErrorShape<Root, Merged['login']>>();
  expectTypeOf<SessionErrorShape>().toExtend<inferProcedureErrorShape<Root, Nested['posts']['own']>>();
});

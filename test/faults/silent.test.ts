import { expect, test } from 'vitest';
import { describeIf, slow } from '../support/optional.ts';
import { startProxy, type Proxy } from '../support/proxy.ts';
import {
  createWorld,
  fault,
  mariadb,
  postgres,
  recovers,
  success,
  type FaultTarget,
  type FaultWorld,
} from './world.ts';

const size = 3;
const login = { input: { username: 'ada', password: 'right' } };

async function createSilentWorld(target: FaultTarget): Promise<FaultWorld & { readonly network: Proxy }> {
  let network: Proxy | undefined;
  const limits = { size, timeout: 1500, queryTimeout: 1500 };
  const world = await createWorld(target, limits, { databaseTimeout: '1s' }, async (port) => {
    network = await startProxy(`tcp://127.0.0.1:${port}`);
    return Number(new URL(network.url).port);
  });
  if (network === undefined) throw new Error('the app did not ask for the port');
  const proxy = network;
  return {
    ...world,
    network,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

/** Asks more often than the pool has connections: a query that is not answered keeps its connection. */
async function expectFaults(w: FaultWorld, token: string): Promise<void> {
  for (let n = 0; n <= size; n += 1) {
    const answers = await Promise.all([
      w.call('me', { token }),
      w.call('auth.sessions.list', { token }),
      w.call('auth.login', login),
      w.call('auth.sessions.revokeOthers', { token, input: null }),
    ]);
    for (const answer of answers) expect(answer).toMatchObject(fault);
  }
  // These need no database.
  expect(await w.call('open')).toMatchObject(success);
  expect(await w.call('me', { token: 'x.y.z' })).toMatchObject({ status: 401 });
}

/** On a busy machine, an answer may take longer than the timeout. */
async function expectService(w: FaultWorld, token: string): Promise<void> {
  for (let n = 0; n <= size; n += 1) {
    await recovers(() => w.call('me', { token }));
    await recovers(() => w.call('auth.sessions.list', { token }));
    await recovers(() => w.call('auth.login', login));
  }
  await recovers(() => w.call('auth.sessions.revokeOthers', { token, input: null }));
}

for (const target of [postgres, mariadb]) {
  const { available, howToEnable } = slow(target);
  describeIf(available, `a ${target.name} that is silent, and closes no connection`, howToEnable, () => {
    test('answers with faults after databaseTimeout, and serves again as soon as it speaks', async () => {
      await using w = await createSilentWorld(target);
      const token = await w.signIn();
      w.network.hold();
      await expectFaults(w, token);
      w.network.thaw();
      await recovers(() => w.call('me', { token }));
      await expectService(w, token);
    });

    test('serves again though the connections of before stay silent for ever', async () => {
      await using w = await createSilentWorld(target);
      const token = await w.signIn();
      // All connections of the pool are open.
      await Promise.all(Array.from({ length: size }, () => w.call('auth.sessions.list', { token })));
      w.network.freeze();
      await expectFaults(w, token);
      w.network.heal();
      await recovers(() => w.call('me', { token }));
      await expectService(w, token);
    });
  });
}

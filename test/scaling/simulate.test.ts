import { expect, test } from 'vitest';
import { scenarios } from './scenarios.ts';
import { simulate, type Scenario } from './simulate.ts';

const [quiet] = scenarios as [Scenario, ...Scenario[]];
const small = (changes: Partial<Scenario>): Scenario => ({ ...quiet, nodes: 10, ...changes });

test.each(scenarios)('no node accepts a revoked session for longer than maxAge: $name', async (scenario) => {
  const maxAge = scenario.maxAge === '10s' ? 10_000 : 60_000;
  const { ofEnding } = await simulate({ ...scenario, nodes: 10 }, 200, 1);
  expect(ofEnding.max).toBeLessThanOrEqual(maxAge);
});

test('without loss, a session is refused as soon as the message arrives', async () => {
  const { ofNode } = await simulate(small({ delay: { median: 5, p99: 5 } }), 200, 1);
  expect(ofNode.p50).toBeCloseTo(5);
  expect(ofNode.max).toBeLessThanOrEqual(5);
});

test('nodes that know that they are cut off accept no revoked session', async () => {
  const { ofEnding } = await simulate(small({ partitioned: 1, foundOutWithin: 0 }), 200, 1);
  expect(ofEnding.max).toBe(0);
});

test('with every message lost, a revoked session is accepted until maxAge', async () => {
  const { ofEnding } = await simulate(small({ loss: 1 }), 200, 1);
  expect(ofEnding.p50).toBeGreaterThan(50_000);
});

test('the same seed gives the same outcome', async () => {
  const scenario = small({ loss: 0.01 });
  expect(await simulate(scenario, 50, 7)).toEqual(await simulate(scenario, 50, 7));
  expect(await simulate(scenario, 50, 7)).not.toEqual(await simulate(scenario, 50, 8));
});

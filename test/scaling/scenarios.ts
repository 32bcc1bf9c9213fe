import type { Scenario } from './simulate.ts';

const oneRoom = { median: 1, p99: 20 };
const quiet: Scenario = {
  name: 'messages within one data centre',
  nodes: 100,
  delay: oneRoom,
  loss: 0,
  partitioned: 0,
  foundOutWithin: null,
  maxAge: '1m',
};

/** The scenarios of docs/scaling.md. */
export const scenarios: readonly Scenario[] = [
  quiet,
  { ...quiet, name: 'messages across the world', delay: { median: 100, p99: 400 } },
  { ...quiet, name: 'one message in a thousand is lost', loss: 0.001 },
  { ...quiet, name: 'one in a hundred is lost', loss: 0.01 },
  { ...quiet, name: 'one in a hundred is lost, maxAge 10s', loss: 0.01, maxAge: '10s' },
  {
    ...quiet,
    name: 'one node in a hundred is cut off, and its heartbeat detects it',
    partitioned: 0.01,
    foundOutWithin: 10_000,
  },
  { ...quiet, name: 'all messages are lost, and no node detects it', loss: 1 },
  { ...quiet, name: 'all nodes know that they are cut off', partitioned: 1, foundOutWithin: 0 },
];

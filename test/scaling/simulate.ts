import { createBroadcast } from '../../packages/core/src/bus/broadcast.ts';
import type { Bus, BusListener } from '../../packages/core/src/bus/bus.ts';
import { memoryCache } from '../../packages/core/src/cache/memory-cache.ts';
import { createSessionCache, type RowHolder } from '../../packages/core/src/cache/session-cache.ts';
import type { Duration } from '../../packages/core/src/duration.ts';
import { createRow } from '../../packages/core/src/store/columns.ts';

// Many nodes in simulated time, each with the product's own cache and messages.
// For how long after an acknowledged revocation does any of them still accept the session?

/** How the network behaves. Times are in milliseconds. */
export interface Scenario {
  readonly name: string;
  readonly nodes: number;
  /** The delay of a message: log-normal, by its median and its 99th percentile. */
  readonly delay: { readonly median: number; readonly p99: number };
  /** The share of messages that are lost silently. */
  readonly loss: number;
  /** The share of nodes that are cut off when the session is ended. */
  readonly partitioned: number;
  /** The latest time at which a node that is cut off detects it; `null` for never. */
  readonly foundOutWithin: number | null;
  readonly maxAge: Duration;
}

/** Quantiles of the time for which a revoked session is accepted, in milliseconds. */
export interface Outcome {
  readonly name: string;
  /** Of one node: how long it accepts a session that another node has ended. */
  readonly ofNode: Quantiles;
  /** Of one ending: how long until every node refuses the session. */
  readonly ofEnding: Quantiles;
}

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** A moment before another. */
const before = 0.001;
const id = 'session';
const userId = 'ada';
const row = createRow({
  id,
  user_id: userId,
  created_at: 0,
  last_seen_at: 0,
  expires_at: Number.MAX_SAFE_INTEGER,
  device: '{"os":{},"browser":{},"app":{}}',
});

/** Ends a session `endings` times. The same seed gives the same outcome. */
export async function simulate(scenario: Scenario, endings: number, seed: number): Promise<Outcome> {
  const random = createRandom(seed);
  const ofNode: number[] = [];
  const ofEnding: number[] = [];
  for (let n = 0; n < endings; n += 1) {
    const delays = await endOnce(scenario, random);
    ofNode.push(...delays);
    ofEnding.push(Math.max(0, ...delays));
  }
  return { name: scenario.name, ofNode: quantiles(ofNode), ofEnding: quantiles(ofEnding) };
}

/** One ending, at time 0, on the first node. Returns how long each of the others accepts the session. */
async function endOnce(scenario: Scenario, random: () => number): Promise<number[]> {
  const { maxAge } = memoryCache({ max: 1, maxAge: scenario.maxAge });
  const nodes = await Promise.all(
    Array.from({ length: scenario.nodes }, () => createNode(scenario, random() * maxAge)),
  );
  const [first, ...others] = nodes;
  const sent: string[] = [];
  first?.onPublish((message) => sent.push(message));
  first?.end();
  if (first?.accepts(0) === true) throw new Error('a node accepts a session that it has ended itself');

  return others.map((node) => {
    const isCutOff = random() < scenario.partitioned;
    const events: { at: number; happen: () => void }[] = [];
    for (const message of sent) {
      const arrives = !isCutOff && random() >= scenario.loss;
      if (arrives) events.push({ at: delayOf(scenario, random), happen: () => node.listener.message(message) });
    }
    if (isCutOff && scenario.foundOutWithin !== null) {
      events.push({ at: random() * scenario.foundOutWithin, happen: () => node.listener.disconnected() });
    }
    // At the maximum age it is refused in every case.
    events.push({ at: node.since + maxAge, happen: () => {} });
    let last = 0;
    for (const { at, happen } of events.toSorted((one, other) => one.at - other.at)) {
      if (at > 0 && node.accepts(at - before)) last = at;
      happen();
    }
    if (node.accepts(node.since + maxAge)) throw new Error('a node accepts a session past maxAge');
    return last;
  });
}

/** A node that has read the session some time ago. */
async function createNode(scenario: Scenario, age: number) {
  let now = -age;
  const holder: RowHolder = { id, userId, cached: undefined };
  const cache = createSessionCache(
    memoryCache({ max: 100, maxAge: scenario.maxAge }),
    () => now,
    (user) => (user === userId ? [holder] : []),
  );
  let listener: BusListener | undefined;
  let publish: (message: string) => void = () => {};
  const bus: Bus = {
    publish: (message) => Promise.resolve(publish(message)),
    subscribe(subscriber) {
      listener = subscriber;
      return () => Promise.resolve();
    },
  };
  const broadcast = createBroadcast(bus, 'sessions', {
    connected: () => cache.enable(),
    disconnected: () => cache.disable(),
    received: (sessions) => cache.invalidate(sessions),
    missed: () => cache.clear(),
    fault: () => {},
  });
  if (listener === undefined) throw new Error('a node with a bus must subscribe to it');
  listener.connected();
  await cache.load(holder, () => Promise.resolve(row));
  const since = now;
  now = 0;
  return {
    since,
    listener,
    accepts: (at: number): boolean => cache.get(holder, at) !== undefined,
    onPublish: (sending: (message: string) => void) => void (publish = sending),
    end() {
      cache.invalidate({ userId, ids: [id] });
      broadcast.publish({ userId, ids: [id] }, 'revoked');
    },
  };
}

function delayOf({ delay: { median, p99 } }: Scenario, random: () => number): number {
  if (median === 0) return 0;
  // By Box and Muller. The 99th percentile of a normal distribution is 2.326 deviations above its median.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp((Math.log(p99 / median) / 2.326) * normal);
}

function quantiles(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}

/** Mulberry32. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
